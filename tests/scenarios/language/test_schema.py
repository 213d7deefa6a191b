"""The JSON Schema says what the reader says, as far as a schema can."""

from __future__ import annotations

import json

from scenarios.acting.steps import Step
from scenarios.language.parts import PART_KEYS
from scenarios.language.schema import json_schema


def test_the_schema_is_one_document_whose_references_lead_somewhere() -> None:
    schema = json_schema()
    text = json.dumps(schema)
    assert schema["$schema"].endswith("2020-12/schema")
    for part in text.split('"$ref": "#/$defs/')[1:]:
        assert part.split('"', 1)[0] in schema["$defs"]


def test_every_step_is_in_the_schema_and_nothing_else() -> None:
    step = json_schema()["$defs"]["Step"]
    assert list(step["properties"]) == list(Step.model_fields)
    assert step["maxProperties"] == 1 and step["additionalProperties"] is False
    assert '"null"' not in json.dumps(step)


def test_the_file_s_words_are_used() -> None:
    properties = json_schema()["$defs"]["Expectation"]["properties"]
    assert "register" in properties and "register_" not in properties


def test_a_reference_may_stand_for_a_single_value() -> None:
    definitions = json_schema()["$defs"]
    days = definitions["WorldSettings"]["properties"]["days"]
    assert any("\\$" in option.get("pattern", "") for option in days["anyOf"])
    assert any("\\$" in str(option) for option in definitions["Controller"]["anyOf"])


def test_parameters_may_be_short() -> None:
    short = json_schema()["properties"]["parameters"]["additionalProperties"]["anyOf"]
    assert {"type": "number"} in short and {"$ref": "#/$defs/Parameter"} in short


def test_an_include_may_be_short_and_a_matrix_is_lists_of_values() -> None:
    schema = json_schema()
    for name in ("Step", "WorldSettings"):
        include = schema["$defs"][name]["properties"]["include"]
        assert {"type": "string"} in include["anyOf"]
    matrix = schema["properties"]["matrix"]["additionalProperties"]
    assert matrix["type"] == "array" and "string" in matrix["items"]["type"]
    assert "required" not in schema["$defs"]["WorldSettings"]


def test_a_part_has_its_own_schema() -> None:
    schema = json_schema(part=True)
    assert schema["properties"].keys() == PART_KEYS and schema["required"] == []
    assert schema["additionalProperties"] is False and "Step" in schema["$defs"]

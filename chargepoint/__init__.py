"""From the P1 telegram to a charge point's control unit, over Modbus."""

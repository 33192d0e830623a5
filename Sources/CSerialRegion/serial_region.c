#include "CSerialRegion.h"

void serial_region_enter(void) {}
void serial_region_leave(void) {}

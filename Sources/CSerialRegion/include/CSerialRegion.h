// Runs OpenMP regions of this thread serially, without asking users for environment variables.
#pragma once

// Enters (leaves) a serial region on the calling thread. Calls nest.
void serial_region_enter(void);
void serial_region_leave(void);

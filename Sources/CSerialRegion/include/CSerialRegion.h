// Limits the threads that OpenMP and OpenBLAS use for calls made from one thread, in process and without
// environment variables. See serial_region.c for how and why.
#pragma once

// From now on, until the matching leave, regions that the calling thread starts run on at most `threads`
// threads; with 1 they are plain function calls. Returns what serial_region_leave wants back. Calls nest.
int serial_region_enter(int threads);

// Restores what held before the matching enter.
void serial_region_leave(int previous);

// Whether OpenMP regions of this process go through serial_region.c (1), or are limited through the
// OpenMP runtime's own settings (0).
int serial_region_is_interposed(void);

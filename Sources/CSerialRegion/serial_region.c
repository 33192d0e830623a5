// CHOLMOD 5 and later ask OpenMP for several threads on every small front, whatever OMP_NUM_THREADS says.
// Debian's libcholmod reaches OpenMP through three functions of libgomp only: GOMP_parallel,
// omp_get_num_threads, omp_get_thread_num. They are defined here, too; a program exports the symbols that
// its shared libraries look for, so inside this process those libraries find the definitions below first.
// On a thread that is inside serial_region_enter(1) a parallel region is a plain call; everything else is
// forwarded to the OpenMP runtime, so a program's own OpenMP code is untouched.
//
// Where that is not in effect (this code sits in a plugin, another OpenMP runtime, macOS), the runtime's
// omp_set_max_active_levels(0) does the same at a higher cost per region.
//
// Measured on two cores with Debian's CHOLMOD 5.12, libgomp 12 and OpenBLAS 0.3.21, factorizing and
// factorizing again the 512 x 512 Poisson matrix, best of 15 runs in seconds:
//   as installed                                    0.46  0.37
//   OMP_THREAD_LIMIT=1                              0.33  0.27
//   omp_set_max_active_levels(0), in process        0.35  0.28
//   regions as plain calls (this file), in process  0.24  0.17
//   all OpenMP calls replaced by LD_PRELOAD         0.23  0.16
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include "CSerialRegion.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

// The most threads that regions started by this thread may use; 0 is no limit.
static _Thread_local int limit = 0;
// How many regions run as plain calls on this thread at the moment.
static _Thread_local int inlined = 0;

// MARK: The OpenMP runtime's entry points

#if defined(__linux__)
typedef void parallel_fn(void (*)(void *), void *, unsigned, unsigned);
typedef int query_fn(void);

static parallel_fn *real_parallel;
static query_fn *real_num_threads;
static query_fn *real_thread_num;

static void find_runtime(void) {
  real_parallel = (parallel_fn *)dlsym(RTLD_NEXT, "GOMP_parallel");
  real_num_threads = (query_fn *)dlsym(RTLD_NEXT, "omp_get_num_threads");
  real_thread_num = (query_fn *)dlsym(RTLD_NEXT, "omp_get_thread_num");
}

static pthread_once_t runtime_once = PTHREAD_ONCE_INIT;

static void limited_parallel(
    void (*body)(void *), void *data, unsigned num_threads, unsigned flags) {
  pthread_once(&runtime_once, find_runtime);
  if (limit == 1 || real_parallel == NULL) {
    // A body may query its team: alone, thread 0 of 1.
    inlined += 1;
    body(data);
    inlined -= 1;
    return;
  }
  if (limit > 1 && (num_threads == 0 || num_threads > (unsigned)limit)) {
    num_threads = (unsigned)limit;
  }
  // A region of the runtime inside one of ours is a team of its own again.
  int outer = inlined;
  inlined = 0;
  real_parallel(body, data, num_threads, flags);
  inlined = outer;
}

// Weak, so that a program that links an OpenMP runtime statically keeps that one.
__attribute__((weak, visibility("default"))) void GOMP_parallel(
    void (*body)(void *), void *data, unsigned num_threads, unsigned flags) {
  limited_parallel(body, data, num_threads, flags);
}

__attribute__((weak, visibility("default"))) int omp_get_num_threads(void) {
  pthread_once(&runtime_once, find_runtime);
  return inlined > 0 || real_num_threads == NULL ? 1 : real_num_threads();
}

__attribute__((weak, visibility("default"))) int omp_get_thread_num(void) {
  pthread_once(&runtime_once, find_runtime);
  return inlined > 0 || real_thread_num == NULL ? 0 : real_thread_num();
}
#endif

// MARK: Settings of the runtime and of OpenBLAS

static void (*set_active_levels)(int);
static int (*get_active_levels)(void);
static void (*set_blas_threads)(int);
static int (*get_blas_threads)(void);
static int interposed = 0;

static void find_settings(void) {
  set_active_levels = (void (*)(int))dlsym(RTLD_DEFAULT, "omp_set_max_active_levels");
  get_active_levels = (int (*)(void))dlsym(RTLD_DEFAULT, "omp_get_max_active_levels");
  set_blas_threads = (void (*)(int))dlsym(RTLD_DEFAULT, "openblas_set_num_threads");
  get_blas_threads = (int (*)(void))dlsym(RTLD_DEFAULT, "openblas_get_num_threads");
#if defined(__linux__)
  // What other libraries find is ours if the first definition in the process lies in this object.
  void *found = dlsym(RTLD_DEFAULT, "GOMP_parallel");
  Dl_info there, here;
  interposed = found != NULL && dladdr(found, &there) != 0 &&
               dladdr((void *)&limited_parallel, &here) != 0 && there.dli_fbase == here.dli_fbase;
#endif
}

static pthread_once_t settings_once = PTHREAD_ONCE_INIT;

int serial_region_is_interposed(void) {
  pthread_once(&settings_once, find_settings);
  return interposed;
}

// The settings are the process's. The first to enter sets them, who enters with a lower limit lowers them for
// all, and the last to leave restores them: so a call on one thread has the same bits whoever else is inside.
static pthread_mutex_t settings_lock = PTHREAD_MUTEX_INITIALIZER;
static int users = 0;
static int levels_before = -1;
static int blas_threads_before = 0;

static void change_settings(int threads, int is_first) {
  if (get_blas_threads != NULL && set_blas_threads != NULL) {
    int current = get_blas_threads();
    if (is_first) blas_threads_before = current;
    if (is_first ? current != threads : current > threads) set_blas_threads(threads);
  }
  if (!interposed && threads == 1 && levels_before < 0 && get_active_levels != NULL &&
      set_active_levels != NULL) {
    levels_before = get_active_levels();
    set_active_levels(0);
  }
}

static void restore_settings(void) {
  if (get_blas_threads != NULL && set_blas_threads != NULL &&
      get_blas_threads() != blas_threads_before) {
    set_blas_threads(blas_threads_before);
  }
  if (levels_before >= 0) {
    set_active_levels(levels_before);
    levels_before = -1;
  }
}

int serial_region_enter(int threads) {
  pthread_once(&settings_once, find_settings);
  int previous = limit;
  limit = threads < 1 ? 1 : threads;
  pthread_mutex_lock(&settings_lock);
  change_settings(limit, users++ == 0);
  pthread_mutex_unlock(&settings_lock);
  return previous;
}

void serial_region_leave(int previous) {
  limit = previous;
  pthread_mutex_lock(&settings_lock);
  if (--users == 0) restore_settings();
  pthread_mutex_unlock(&settings_lock);
}

// What Processes needs of Linux and Swift cannot call: syscall(2) is variadic, and glibc's names for these calls
// hide behind feature macros.
#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

long syscall(long number, ...);

/// A descriptor that becomes readable when the process ends (Linux 5.3).
static inline int processes_pidfd_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

/// A pipe whose ends no other program inherits.
static inline int processes_pipe(int ends[2]) { return (int)syscall(SYS_pipe2, ends, O_CLOEXEC); }

/// A file in memory that no other program inherits.
static inline int processes_memory_file(void) { return (int)syscall(SYS_memfd_create, "input", 1U); }

int posix_spawn_file_actions_addclosefrom_np(posix_spawn_file_actions_t *actions, int from);

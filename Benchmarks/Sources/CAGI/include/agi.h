#pragma once

// The two ends of FastAGI with as little as possible between the system calls.

// One run of calls, as Asterisk makes them: each a new TCP connection, which the server closes.
struct agi_calls {
  int port;
  int width;          // calls at once
  int milliseconds;   // for how long calls are begun
  int held;           // calls that Asterisk leaves without an answer in their middle, all that time
  int users;          // callers and callees are 1…users, their extensions have the same ids; 0: the cheapest script
  const char *record; // file for the commands of the first call; NULL: none
};

struct agi_figures {
  long calls;      // that ended well
  long failed;     // that did not
  long held_ended; // held calls that ended well once answered
  double seconds;
  double median, high, highest; // milliseconds from connect to the server's close; high: of 99 in 100 calls
};

// Makes the calls; prints a line when the held ones are held, and reads one before it goes on.
// Returns 0, or -1 when the run itself failed.
int agi_call(const struct agi_calls *calls, struct agi_figures *figures);

// Serves recorded dialogues for ever: one command after each answer, then close. `user` is for calls whose
// environment names incoming_user_set_features, `cheap` for all others. Prints its port. Returns only on failure.
int agi_reference(const char *cheap, const char *user);

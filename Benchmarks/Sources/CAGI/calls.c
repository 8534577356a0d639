// Asterisk's side of FastAGI: one thread, epoll.
#define _GNU_SOURCE
#include "agi.h"
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

// Held calls stop at this command: behind three statements, and before three more.
enum { hold_at = 25, text_limit = 8192, opened_at_once = 64 };
static const double patience = 15; // seconds that calls may take to end

struct call {
  int fd;
  int caller, callee;
  int commands;
  int is_connected, is_held, is_waiting;
  int is_well; // the closing words of a handler that succeeded have come
  double start;
  size_t used;
  char text[text_limit];
};

struct run {
  const struct agi_calls *calls;
  struct agi_figures *figures;
  struct sockaddr_in server;
  int epoll;
  int open, waiting;
  FILE *record;
  double *latencies;
  long room;
};

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec + time.tv_nsec / 1e9;
}

static int environment(const struct run *run, const struct call *call, char *text, size_t size) {
  const char *script = run->calls->users ? "incoming_user_set_features" : "ignore_b_option";
  return snprintf(
      text, size,
      "agi_network: yes\nagi_network_script: %s\nagi_request: agi://127.0.0.1/%s\n"
      "agi_channel: PJSIP/u%d-%08x\nagi_language: en_US\nagi_type: PJSIP\nagi_uniqueid: 1763924701.%d\n"
      "agi_version: 22.6.0\nagi_callerid: %d\nagi_calleridname: User %d\nagi_callingpres: 0\nagi_callingani2: 0\n"
      "agi_callington: 0\nagi_callingtns: 0\nagi_dnid: %d\nagi_rdnis: unknown\nagi_context: user\n"
      "agi_extension: s\nagi_priority: 12\nagi_enhanced: 0.0\nagi_accountcode: \nagi_threadid: 140245\n\n",
      script, script, call->caller, call->callee, call->callee, call->caller, call->caller, call->callee);
}

static int begin(struct run *run, struct call *call) {
  call->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (call->fd < 0) return -1;
  int one = 1;
  setsockopt(call->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  call->commands = call->is_connected = call->is_waiting = call->is_well = 0;
  call->used = 0;
  int users = run->calls->users ? run->calls->users : 1;
  call->caller = 1 + rand() % users;
  call->callee = 1 + rand() % users;
  call->start = now();
  if (connect(call->fd, (struct sockaddr *)&run->server, sizeof run->server) && errno != EINPROGRESS) return -1;
  struct epoll_event event = {.events = EPOLLOUT, .data.ptr = call};
  run->open++;
  return epoll_ctl(run->epoll, EPOLL_CTL_ADD, call->fd, &event);
}

// What this channel answers to a command.
static int answer(const struct call *call, const char *command, char *text, size_t size) {
  if (strncmp(command, "GET VARIABLE \"", 14)) return snprintf(text, size, "200 result=1\n");
  const char *name = command + 14;
#define is(known) (!strncmp(name, known "\"", sizeof known))
  if (is("WAZO_USERID")) return snprintf(text, size, "200 result=1 (%d)\n", call->caller);
  if (is("WAZO_DSTID") || is("WAZO_DST_EXTEN_ID")) return snprintf(text, size, "200 result=1 (%d)\n", call->callee);
  if (is("WAZO_CALLORIGIN")) return snprintf(text, size, "200 result=1 (intern)\n");
  if (is("WAZO_SRCNUM") || is("WAZO_DSTNUM")) return snprintf(text, size, "200 result=1 (%d)\n", 10000 + call->callee);
  if (is("WAZO_BASE_CONTEXT")) return snprintf(text, size, "200 result=1 (ctx-1)\n");
  if (is("CHANNEL(videonativeformat)")) return snprintf(text, size, "200 result=1 ((nothing))\n");
  if (!strncmp(name, "PJSIP_DIAL_CONTACTS(", 20)) {
    return snprintf(text, size, "200 result=1 (PJSIP/u%d/sip:u%d@10.0.0.1:5060)\n", call->callee, call->callee);
  }
#undef is
  return snprintf(text, size, "200 result=0\n");
}

static void send_text(struct call *call, const char *text, int length) {
  // A peer that is gone shows at the next read.
  if (send(call->fd, text, length, MSG_NOSIGNAL) != length) call->is_well = 0;
}

static void take_line(struct run *run, struct call *call, const char *line) {
  char text[512];
  if (run->record) fprintf(run->record, "%s\n", line);
  call->commands++;
  call->is_well = !strncmp(line, "VERBOSE ", 8) && strstr(line, "successfully executed");
  send_text(call, text, answer(call, line, text, sizeof text));
}

// Takes whole lines, or holds the call at one of them.
static void take_lines(struct run *run, struct call *call, int may_hold) {
  char *end;
  while ((end = memchr(call->text, '\n', call->used))) {
    if (may_hold && call->is_held && call->commands + 1 == hold_at) {
      call->is_waiting = 1;
      run->waiting++;
      return;
    }
    *end = 0;
    take_line(run, call, call->text);
    call->used -= end + 1 - call->text;
    memmove(call->text, end + 1, call->used);
  }
}

static void finish(struct run *run, struct call *call) {
  close(call->fd);
  run->open--;
  if (run->record) {
    fclose(run->record);
    run->record = NULL;
  }
  struct agi_figures *figures = run->figures;
  if (call->is_held) {
    figures->held_ended += call->is_well;
    return;
  }
  if (!call->is_well) {
    figures->failed++;
    return;
  }
  if (figures->calls == run->room) {
    run->room = run->room ? 2 * run->room : 65536;
    run->latencies = realloc(run->latencies, run->room * sizeof(double));
  }
  run->latencies[figures->calls++] = now() - call->start;
}

// Returns whether the call is over.
static int handle(struct run *run, struct call *call) {
  if (!call->is_connected) {
    char text[2048];
    call->is_connected = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = call};
    epoll_ctl(run->epoll, EPOLL_CTL_MOD, call->fd, &event);
    send_text(call, text, environment(run, call, text, sizeof text));
    return 0;
  }
  ssize_t count = recv(call->fd, call->text + call->used, text_limit - call->used, 0);
  if (count < 0 && errno == EAGAIN) return 0;
  if (count <= 0) {
    if (count < 0 || call->used) call->is_well = 0;
    finish(run, call);
    return 1;
  }
  call->used += count;
  take_lines(run, call, 1);
  return 0;
}

// Takes part in the calls for up to 100 ms; those that are over and not held begin anew while `again`.
static void step(struct run *run, int again) {
  struct epoll_event events[128];
  int count = epoll_wait(run->epoll, events, 128, 100);
  for (int i = 0; i < count; i++) {
    struct call *call = events[i].data.ptr;
    if (handle(run, call) && again && !call->is_held) begin(run, call);
  }
}

static int hold(struct run *run, struct call *held) {
  int limit = run->calls->held;
  double end = now() + 10;
  for (int begun = 0; run->waiting < limit;) {
    while (begun < limit && begun - run->waiting < opened_at_once) {
      held[begun].is_held = 1;
      if (begin(run, &held[begun++])) return -1;
    }
    step(run, 0);
    if (now() > end) return -1;
  }
  printf("held\n");
  fflush(stdout);
  char line[16];
  return fgets(line, sizeof line, stdin) ? 0 : -1;
}

static int compare(const void *left, const void *right) {
  double a = *(const double *)left, b = *(const double *)right;
  return a < b ? -1 : a > b;
}

static void sum_up(struct run *run) {
  struct agi_figures *figures = run->figures;
  if (!figures->calls) return;
  qsort(run->latencies, figures->calls, sizeof(double), compare);
  figures->median = 1000 * run->latencies[figures->calls / 2];
  figures->high = 1000 * run->latencies[figures->calls * 99 / 100];
  figures->highest = 1000 * run->latencies[figures->calls - 1];
}

int agi_call(const struct agi_calls *calls, struct agi_figures *figures) {
  struct run run = {.calls = calls, .figures = figures};
  memset(figures, 0, sizeof *figures);
  srand(calls->port);
  run.server = (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(calls->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  run.epoll = epoll_create1(EPOLL_CLOEXEC);
  if (calls->record && !(run.record = fopen(calls->record, "w"))) return -1;
  struct call *all = calloc(calls->width + calls->held, sizeof *all);
  struct call *held = all + calls->width;
  if (calls->held && hold(&run, held)) return -1;
  double start = now(), end = start + calls->milliseconds / 1e3;
  for (int i = 0; i < calls->width; i++) {
    if (begin(&run, &all[i])) return -1;
  }
  while (now() < end) step(&run, 1);
  figures->seconds = now() - start;
  long counted = figures->calls;
  for (int i = 0; i < calls->held; i++) {
    held[i].is_waiting = 0;
    take_lines(&run, &held[i], 0);
  }
  for (double limit = now() + patience; run.open && now() < limit;) step(&run, 0);
  figures->failed += run.open;
  figures->calls = counted < figures->calls ? counted : figures->calls;
  sum_up(&run);
  free(run.latencies);
  free(all);
  close(run.epoll);
  return 0;
}

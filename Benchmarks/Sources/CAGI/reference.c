// The floor: a FastAGI server that knows its commands beforehand. One thread, epoll, two system calls a command.
#define _GNU_SOURCE
#include "agi.h"
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { lines_limit = 256, descriptors = 65536, environment_limit = 4096 };

struct dialogue {
  int count;
  char *line[lines_limit];
  size_t length[lines_limit];
};

struct session {
  const struct dialogue *dialogue; // NULL: the environment is still coming
  int next;
  size_t used;
  char *environment;
};

static struct session sessions[descriptors];

static int read_dialogue(const char *path, struct dialogue *dialogue) {
  FILE *file = fopen(path, "r");
  if (!file) return -1;
  char line[8192];
  while (dialogue->count < lines_limit && fgets(line, sizeof line, file)) {
    dialogue->line[dialogue->count] = strdup(line);
    dialogue->length[dialogue->count++] = strlen(line);
  }
  fclose(file);
  return dialogue->count ? 0 : -1;
}

static void end(int fd) {
  free(sessions[fd].environment);
  memset(&sessions[fd], 0, sizeof sessions[fd]);
  close(fd);
}

static void serve(int fd, const struct dialogue *cheap, const struct dialogue *user) {
  struct session *session = &sessions[fd];
  char text[8192];
  ssize_t count = read(fd, text, sizeof text);
  if (count <= 0) return end(fd);
  if (!session->dialogue) {
    if (!session->environment) session->environment = malloc(environment_limit);
    if (session->used + count >= environment_limit) return end(fd);
    memcpy(session->environment + session->used, text, count);
    session->used += count;
    session->environment[session->used] = 0;
    if (session->used < 2 || strcmp(session->environment + session->used - 2, "\n\n")) return;
    session->dialogue = strstr(session->environment, "incoming_user_set_features") ? user : cheap;
  } else if (text[count - 1] != '\n') {
    return;
  }
  if (session->next == session->dialogue->count) return end(fd);
  const struct dialogue *dialogue = session->dialogue;
  if (write(fd, dialogue->line[session->next], dialogue->length[session->next]) < 0) return end(fd);
  session->next++;
}

static void accept_all(int listener, int epoll) {
  int fd;
  while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
    if (fd >= descriptors) {
      close(fd);
      continue;
    }
    int one = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  }
}

int agi_reference(const char *cheap_path, const char *user_path) {
  static struct dialogue cheap, user;
  if (read_dialogue(cheap_path, &cheap) || read_dialogue(user_path, &user)) return -1;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  socklen_t length = sizeof address;
  if (bind(listener, (struct sockaddr *)&address, length) || listen(listener, 1024)) return -1;
  getsockname(listener, (struct sockaddr *)&address, &length);
  int epoll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);
  struct epoll_event events[128];
  while (1) {
    int count = epoll_wait(epoll, events, 128, -1);
    for (int i = 0; i < count; i++) {
      if (events[i].data.fd == listener) accept_all(listener, epoll);
      else serve(events[i].data.fd, &cheap, &user);
    }
  }
}

#pragma once

// The same I/O as Tandem's adapters do it, without them: what the libraries and servers can do on this machine.

// Publishes `count` messages of `body` with the eight headers of an event to the exchange wazo-headers, and waits
// for the confirms after each `batch`. Returns the seconds it took, or a negative number.
double bare_publish(const char *host, int port, int count, int batch, const char *body);

// Inserts `count` rows into gateway.outbox on each of `connections` connections, each row a transaction of its own.
// Returns the seconds it took, or a negative number.
double bare_insert(const char *conninfo, int connections, int count, const char *headers, const char *body);

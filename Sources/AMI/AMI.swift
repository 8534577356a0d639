// Asterisk's Manager Interface over TCP.

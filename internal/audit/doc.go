// Package audit owns the security events: who did what, on whom, from where,
// and how it ended. An event is written in the transaction of what it tells
// of, so that neither is there without the other.
package audit

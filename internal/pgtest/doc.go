// Package pgtest gives tests their own empty PostgreSQL databases, on the
// server that scripts/with-postgres starts. Only tests import it.
package pgtest

// Package store owns every row: the row types, all SQL, transactions and
// migrations. It runs on SQLite and on PostgreSQL with one SQL text; the two
// differ in their migrations, in how a transaction begins and in how an error
// is read. Times are kept as integer microseconds since the Unix epoch.
//
// Reads are methods of Reader, which both *DB and *Tx have. Writes are methods
// of *Tx, which exists only inside DB.Write: one call is one atomic, durable
// transaction.
package store

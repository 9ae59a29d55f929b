// Package server wires the house: it opens the database and the keys, puts the
// doors behind one table of routes, listens, and shuts down without dropping
// what is under way.
package server

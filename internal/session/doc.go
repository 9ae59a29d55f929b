// Package session owns sign-ins: how one starts, with its grant, and how it
// ends, with everything that hangs on it.
package session

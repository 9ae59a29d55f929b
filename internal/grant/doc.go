// Package grant owns what a client may do for a person: the refresh-token
// family of a sign-in, its exactly-once rotation, and what happens when a
// token that was retired comes back.
package grant

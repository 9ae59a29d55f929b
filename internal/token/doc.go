// Package token mints and verifies our JWTs: access tokens (RFC 9068), signed
// for everybody to check, and refresh tokens, which only this installation can
// read. A token of one kind is never accepted as the other.
package token

// Package api is the JSON door: the login API. It reads a request into plain
// values, asks a capability, and writes JSON. What it refuses, it refuses as
// an RFC 9457 problem.
package api

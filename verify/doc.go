// Package verify lets a Go app accept the access tokens of a Latchstring
// server (RFC 9068, sent as RFC 6750 Bearer tokens). A [Verifier] checks a
// token against the server's published keys, which it fetches when first
// needed and keeps up to date; its middleware puts the token's [Claims] in the
// request's context:
//
//	v, err := verify.New("https://login.example.com")
//	if err != nil {
//		log.Fatal(err)
//	}
//	http.Handle("/notes", v.Middleware(notes))
//
// In the handler, [FromContext] tells who is asking. A token is checked without
// a call to the server, so one whose session has ended is accepted until it
// expires, 10 minutes at most by default.
package verify

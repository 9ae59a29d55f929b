// Package password owns how a password is kept and judged: the hash formats
// that are made and verified, the pool that bounds how much hashing runs at
// once, the form a password is compared in, and the policy a new one meets.
package password

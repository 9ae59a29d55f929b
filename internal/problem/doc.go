// Package problem owns how a refusal looks from outside: a few kinds of error,
// one table from kind to HTTP status, and the writer of RFC 9457 problem
// documents.
package problem

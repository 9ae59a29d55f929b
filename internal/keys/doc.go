// Package keys owns the installation's secret and what comes from it: the
// symmetric keys derived by purpose, and the signing keys of access tokens,
// which it creates, publishes, activates and retires on a clock that all nodes
// share through the database.
package keys

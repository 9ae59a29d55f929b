// Package account owns people: registering, proving a password, changing it,
// disabling and deleting, and the throttle that stands before every password
// attempt. What a username and an email address may be is decided here.
package account

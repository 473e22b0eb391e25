// Package webauthn holds another implementation of WebAuthn against package
// truce: both must let the same assertions stand and refuse the same ones. It is
// a module of its own because the product verifies offline, with the standard
// library alone.
package webauthn

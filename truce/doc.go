// Package truce holds the words and the rules of a truce: what is said about
// it (statement, report, claim), what it forbids (instrument, term, reading,
// span), who is bound by it (actor, coalition, office), what happened
// (incident, casualty), and how offices that distrust one another decide
// (case, assessment, finding).
//
// It is pure: it imports no other room, reaches no clock, disk, network or
// die, and the same values in give the same values out on every machine. It
// must never learn the name of a party or a country; a regime is data.
package truce

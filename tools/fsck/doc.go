// Package fsck holds Tessera, the reference implementation of C2SP tile logs,
// against package record: its fsck and its client must read what we write, and
// its witness client must get cosignatures from our witness. It is a module of
// its own because the oracle brings some fifty dependencies, which the product
// does not need.
package fsck

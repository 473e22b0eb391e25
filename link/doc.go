// Package link puts claims about one occurrence together: claims in, incidents
// out, each membership with a weight that is the exact sum of the parts shown.
//
// It works in two layers. The machine's partition is streamed over claims in
// the order of the record and is blind to what people decided. The overlay is a
// pure function of the machine's components and of the set of decisions and
// freezes in force, so that withdrawing one is exact and local.
//
// It must never read a clock or a file, give a party, an office or an outlet a
// weight, join claims on place and time alone, or undo what a person decided.
// Everything that decides is an integer (thousandths of a bit), and ties go to
// the older record index, so every machine finds the same incidents.
//
//	l := link.New(link.DefaultModel())
//	change, err := l.Place(link.Of(ref, index, said, claim, publisher))
//	for _, row := range change.Rows { ... } // what to write: claim -> incident
//
// # What the caller keeps
//
// A Linker lives in memory and belongs to one goroutine; those that AddAll starts
// have ended when it returns. Its state is decided
// by the sequence of Place and Remove calls, in record order, and by the set of
// decisions and freezes in force, in any order. To rebuild it, make the same
// calls from the stored claims; the rows are then the same bytes. The caller
// stores per claim its row and the shares of its placement, and per incident
// nothing that is not in those rows.
package link

// Version names the rules of the engine. It changes whenever the same claims and
// model may give other incidents.
const Version = "link/1"

// Package extract turns a text into claims: what happened, who says so and
// with what stance, who did it to whom, where, when and with what toll, and
// the bytes that each of these rests on.
//
// An Engine is made once from dictionaries and a gazetteer and may be shared
// by any number of goroutines. It is deterministic: the same text, the same
// dictionaries and the same gazetteer give the same claims on every machine.
// It reads no clock, no disk and no network, and it never decides what is
// true: a claim is somebody's.
//
//	engine, err := extract.New(extract.Options{Gazetteer: places})
//	claims := engine.Claims(extract.Doc{Text: text, Date: day, Publisher: "media:wire"})
package extract

import (
	"io/fs"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// Version names the rules in this package. It changes whenever the same text
// and dictionaries may give other claims.
const Version = "extract/4"

// Doc is one text with what is known of it from outside.
type Doc struct {
	ID        string        // name within a batch; not used by the rules
	Text      string        // as stored; offsets count its bytes
	Lang      string        // en, ar, ru; empty: told from the script
	Date      truce.Instant // day it is dated; 0: taken from a dateline, else not known
	Publisher string        // id or name of who publishes it; empty: unknown
}

// Options is what an Engine is made of.
type Options struct {
	Dictionaries []fs.FS              // laid over the embedded ones, in order
	Gazetteer    *gazetteer.Gazetteer // nil: texts yield no places
	Zone         truce.Zone           // whose days are meant; the zero Zone is UTC
}

package link

import (
	"slices"
	"strings"
)

// A sketch is what is kept of a text: its smallest shingle hashes, sorted, and
// how many shingles it has. Two sketches estimate how much two texts share.
type sketch struct {
	least [sketchSize]uint16
	n     uint16
}

const (
	sketchSize   = 16
	shingleWords = 4
	minWords     = 12    // a shorter text copies only what equals it
	minExact     = 5     // and one shorter than this only once it was said three times in a week
	maxEchoes    = 3     // the claims that a shorter text may make accounts of
	maxWords     = 4_000 // of a text that are looked at
	textKeys     = 3     // smallest hashes by which a sketch is found
	copyReach    = 7 * minutesADay
)

// texts finds earlier texts that a new one copies.
type texts struct {
	sketches slab[sketch]
	exact    map[uint64]int32 // hash of the folded text -> the first claim with it
	keys     map[uint32]int32 // shingle hash -> the first claim that has it among its least
	urls     map[uint64]int32
	echoes   map[uint64]echo // of texts too short to tell who copies whom
	last     string          // the newest text and what was made of it, for the next claim of the same report
	lastAt   int32
	lastOf   int32 // the claim whose text it copies, none
}

// echo is a short text's first claim and how many claims it made.
type echo struct{ first, n int32 }

func newTexts() texts {
	return texts{echoes: map[uint64]echo{}, exact: map[uint64]int32{}, keys: map[uint32]int32{}, urls: map[uint64]int32{}, lastOf: none, lastAt: none}
}

// lineage gives a new claim the lineage of what it copies and notes that claim
// as its original. Surely says that the one is a copy of the other, word for word
// or nearly, and not only an account that cites it.
func (p *Partition) lineage(a *arrival, c claim, placed func()) (surely bool) {
	if a.original = p.copied(a, c); a.original != none {
		surely = true
	} else if a.cites != none {
		a.original, c.lineage = a.cites, p.claims.at(a.cites).lineage
		placed() // the prior of a claim that says what it is about is that claim's
		surely = p.tellsSame(c, p.at(a.cites))
	} else if a.it.URL != "" {
		h := hash64(a.it.URL)
		first, ok := p.texts.urls[h]
		if !ok {
			p.texts.urls[h] = a.id
		} else if !p.sameReport(first, a.it) {
			a.original = first
		}
	}
	if a.original != none {
		c.lineage = p.claims.at(a.original).lineage
	}
	return surely
}

// sameReport reports whether claim id and the item are claims of one report.
func (p *Partition) sameReport(id int32, it *Item) bool {
	r := p.refs.full(id)
	return r.Statement == it.Ref.Statement && (!r.Statement.IsZero() || r.At == it.Ref.At)
}

// copied returns the claim of an earlier report whose text is copied and which
// tells of the same thing, none if there is none.
func (p *Partition) copied(a *arrival, c claim) int32 {
	t, it := &p.texts, a.it
	if it.Text == "" {
		return none
	}
	if it.Text != t.last || !p.sameReport(a.id-1, it) {
		t.last = strings.Clone(it.Text)
		t.lastAt, t.lastOf = p.sketchText(it.Text, a.id, c)
	}
	c.sketch = t.lastAt
	if t.lastOf == none {
		return none
	}
	return p.twin(c, a.id, t.lastOf)
}

// tellsSame reports whether an account that cites another tells of the same
// thing: its weight against it passes the model's review.
func (p *Partition) tellsSame(c, y claim) bool {
	w, beyond := p.weigh(c, y)
	return !p.exchange(c, y) && beyond > 0 && w+int32(y.prior) >= p.Model.Review
}

// twin returns the claim of first's report that says what c says: the one of
// the greatest weight, none where every one is an exchange with c, or of
// another time.
func (p *Partition) twin(c claim, newest, first int32) int32 {
	best, most := int32(none), int32(0)
	for id := first; id < newest; id++ {
		y := p.at(id)
		if y.sketch != p.at(first).sketch || !p.refs.oneReport(first, id) {
			break
		}
		if p.exchange(c, y) || farApart(c, y) {
			continue
		}
		if w, _ := p.weigh(c, y); best == none || w > most {
			best, most = id, w
		}
	}
	return best
}

// oneReport reports whether two claims are of one report.
func (t *refs) oneReport(a, b int32) bool {
	x, y := t.statement(a), t.statement(b)
	return *x == *y && (!x.IsZero() || *t.offsets.at(a) == *t.offsets.at(b))
}

// sketchText keeps the sketch of a text and returns its number and the first
// claim whose text it copies. Texts of one outlet that are alike and not equal
// share its frame, and are its one account anyway. One too short to tell is not kept, and copies
// once it is an echo.
func (p *Partition) sketchText(text string, id int32, c claim) (at, of int32) {
	words := strings.Fields(Fold(text))
	if len(words) < minExact {
		return none, p.echoed(words, id, c)
	}
	words = words[:min(len(words), maxWords)]
	hashes := make([]uint64, len(words))
	whole := uint64(0)
	for i, w := range words {
		hashes[i] = hash64(w)
		whole = mix(whole*31 + hashes[i])
	}
	t := &p.texts
	first, known := t.exact[whole]
	if !known {
		t.exact[whole] = id
	}
	if known {
		return p.at(first).sketch, first
	}
	s, least := shingles(hashes)
	of = none
	if len(words) >= minWords {
		for _, k := range least {
			if y, ok := t.keys[k]; ok && of == none && (c.lineage == 0 || c.lineage != p.at(y).lineage) && copies(&s, t.sketches.at(p.at(y).sketch)) {
				of = y
			} else if !ok {
				t.keys[k] = id
			}
		}
	}
	return t.sketches.add(s), of
}

// echoed counts a short text and returns the first claim that it made in the
// last week once there are too many to be accounts of their own: anybody may
// say "shelling in Kerda", a thousand do not.
func (p *Partition) echoed(words []string, id int32, c claim) int32 {
	if len(words) == 0 {
		return none
	}
	h := hash64(strings.Join(words, " "))
	e, ok := p.texts.echoes[h]
	if !ok || farApart(c, p.at(e.first)) {
		e = echo{first: id}
	}
	e.n++
	p.texts.echoes[h] = e
	if e.n <= maxEchoes {
		return none
	}
	return e.first
}

// farApart reports whether two claims are of times over a week apart.
func farApart(c, y claim) bool {
	return c.flags&y.flags&isDated != 0 && (c.from()-y.to() > copyReach || y.from()-c.to() > copyReach)
}

// shingles returns the sketch of a text's words and its textKeys least hashes
// in full.
func shingles(words []uint64) (sketch, []uint32) {
	n := max(len(words)-shingleWords+1, 1)
	all := make([]uint32, 0, n)
	for i := range n {
		h := uint64(0)
		for _, w := range words[i:min(i+shingleWords, len(words))] {
			h = mix(h*31 + w)
		}
		all = append(all, uint32(h>>32))
	}
	slices.Sort(all)
	all = slices.Compact(all)
	s := sketch{n: uint16(len(all))}
	for i := range s.least {
		s.least[i] = 0xFFFF
		if i < len(all) {
			s.least[i] = uint16(all[i] >> 16)
		}
	}
	return s, all[:min(textKeys, len(all))]
}

// copies reports whether two texts share so much that one copies the other:
// Jaccard over 0.6, or the shorter contained in the longer by over 0.8.
func copies(a, b *sketch) bool {
	i, j, seen, both := 0, 0, 0, 0
	size := min(sketchSize, int(a.n), int(b.n))
	for seen < size && i < min(sketchSize, int(a.n)) && j < min(sketchSize, int(b.n)) {
		switch x, y := a.least[i], b.least[j]; {
		case x < y:
			i++
		case x > y:
			j++
		default:
			i, j, both = i+1, j+1, both+1
		}
		seen++
	}
	if seen == 0 {
		return false
	}
	if both*10 > seen*6 {
		return true
	}
	// containment = J (na+nb) / ((1+J) min(na,nb)), J = both/seen
	return both*10*(int(a.n)+int(b.n)) > 8*(seen+both)*min(int(a.n), int(b.n))
}

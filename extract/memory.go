package extract

import (
	"slices"
	"strings"
	"sync/atomic"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// memory remembers what was found out about texts. Each text has two places in
// it, which it shares with others: the last ones stay. It changes no answer and
// may be shared.
type memory[V any] struct {
	slots []atomic.Pointer[remembered[V]] // a power of two
}

func newMemory[V any](size int) *memory[V] {
	return &memory[V]{make([]atomic.Pointer[remembered[V]], size)}
}

type remembered[V any] struct {
	text  string
	value V
}

// get returns what is remembered of a text, nil if nothing is.
func (m *memory[V]) get(text string) *V {
	h := int(hashText(text)) & (len(m.slots) - 1)
	if r := m.slots[h].Load(); r != nil && r.text == text {
		return &r.value
	}
	if r := m.slots[h^1].Load(); r != nil && r.text == text {
		return &r.value
	}
	return nil
}

// put remembers a text and returns what was put. It keeps a copy, so no whole
// document stays alive.
func (m *memory[V]) put(text string, fill func(*V)) *V {
	r := &remembered[V]{text: strings.Clone(text)}
	fill(&r.value)
	h := int(hashText(text)) & (len(m.slots) - 1)
	m.slots[h^1].Store(m.slots[h].Swap(r))
	return &r.value
}

// hashText tells most texts apart, eight bytes at a time.
func hashText(s string) uint32 {
	const odd = 0x9E3779B97F4A7C15
	four := func(s string) uint64 {
		return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
	}
	h := uint64(len(s))
	for ; len(s) >= 8; s = s[8:] {
		h = (h ^ eightBytes(s)) * odd
		h ^= h >> 29
	}
	switch n := len(s); {
	case n >= 4:
		h ^= four(s) ^ four(s[n-4:])<<32
	case n > 0:
		h ^= uint64(s[0]) | uint64(s[n/2])<<8 | uint64(s[n-1])<<16
	}
	return uint32(h * odd >> 32)
}

// wordForm is what became of a word whose form takes time to tell.
type wordForm struct {
	word  int32
	flags tokenFlag
}

// glance is what a look at a name tells. What is told later changes no answer.
type glance struct {
	known  bool            // a place has just this name
	begins bool            // its first word may begin a name
	goesOn bool            // of two words: it may begin a name of more
	blank  bool            // nothing is left of it when it is folded
	class  gazetteer.Class // that it gives to a name beside it

	spelt         atomic.Int32  // whether a place may have it in another spelling: 1 no, 2 yes, 0 not yet sought
	strict, loose atomic.Uint32 // the ground on which a search found nothing
}

// glance looks at a name as it is written.
func (e *Engine) glance(name string) *glance {
	g := e.names.get(name)
	if g == nil {
		folded := gazetteer.Fold(name)
		head, _, _ := strings.Cut(folded, " ")
		g = e.names.put(name, func(g *glance) {
			g.known, g.begins, g.blank, g.class = e.places.Knows(folded), e.places.Begins(head), folded == "", gazetteer.ClassOf(name)
			g.goesOn = g.known || strings.Count(folded, " ") != 1 || e.places.GoesOn(folded)
		})
	}
	return g
}

// looks are glances at the words of a vocabulary, as they are written there.
type looks []atomic.Pointer[glance]

// spells looks whether a place may have a name in another spelling, so that a
// strict query can find one.
func (e *Engine) spells(g *glance, name string) bool {
	s := g.spelt.Load()
	if s == 0 {
		s = 1
		if e.places.Spells(name) {
			s = 2
		}
		g.spelt.Store(s)
	}
	return s == 2
}

// ground is the language and the country in which a name is sought, 0 of those
// that have no codes of two letters.
func ground(q gazetteer.Query) uint32 {
	if len(q.Lang) != 2 || len(q.Country) != 2 && q.Country != "" {
		return 0
	}
	n := uint32(q.Lang[0])<<24 | uint32(q.Lang[1])<<16
	if q.Country != "" {
		n |= uint32(q.Country[0])<<8 | uint32(q.Country[1])
	}
	return n
}

// slug is slug of a text, remembered.
func (e *Engine) slug(text string) string {
	s := e.slugs.get(text)
	if s == nil {
		s = e.slugs.put(text, func(s *string) { *s = slug(text) })
	}
	return *s
}

// rule joins the parts of a rule's name.
func (e *Engine) rule(parts ...string) string { return e.join(parts...) }

// join joins the parts of an id or a name: most come again and again.
func (e *Engine) join(parts ...string) string {
	h := uint32(0)
	for _, p := range parts {
		h = (h ^ hashText(p)) * hashPrime
	}
	slot := &e.rules.slots[homeOf(h, len(e.rules.slots))]
	if r := slot.Load(); r != nil && joined(r.text, parts) {
		return r.text
	}
	r := &remembered[struct{}]{text: strings.Join(parts, "")}
	slot.Store(r)
	return r.text
}

// joined reports whether a text is the parts one after the other.
func joined(text string, parts []string) bool {
	for _, p := range parts {
		if !strings.HasPrefix(text, p) {
			return false
		}
		text = text[len(p):]
	}
	return text == ""
}

// room hands out room for short lists, many at a time.
type room[T any] struct {
	all, free []T
	kept      bool // what was handed out comes back
}

// take returns an empty list with room for n.
func (r *room[T]) take(n int) []T {
	if len(r.free) < n {
		size := 32
		if r.kept {
			size = max(size, 2*len(r.all))
		}
		r.all = make([]T, max(n, size))
		r.free = r.all
	}
	out := r.free[:0:n]
	r.free = r.free[n:]
	return out
}

// one makes a list of one.
func (r *room[T]) one(v T) []T { return append(r.take(1), v) }

// reset takes back what was handed out: nobody may still use it.
func (r *room[T]) reset() { r.free, r.kept = r.all, true }

// span makes a span.
func (w *spans) span(start, end uint32) *truce.Span {
	return &w.one(truce.Span{Start: start, End: end})[0]
}

// spans are spans that nobody has yet.
type spans struct{ room[truce.Span] }

// parts are what claims are made of. They outlive the document; what is left goes
// to the next one.
type parts struct {
	spans
	rules   room[string]
	names   room[truce.Ref]
	sources room[truce.Source]
	wheres  room[truce.Where]
	tolls   room[truce.Casualty]
}

// helps are the lists of a document in work. They go with it.
type helps struct {
	people room[who]
	groups room[int] // noun groups
	ranges room[[2]int]
	drop   []bool // claims of the sentence
}

// blank returns a list of n that are not set.
func blank(b []bool, n int) []bool {
	b = slices.Grow(b[:0], n)[:n]
	clear(b)
	return b
}

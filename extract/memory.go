package extract

import (
	"strings"
	"sync/atomic"

	"github.com/marchday/marchday/gazetteer"
)

// memory remembers what was found out about texts. Each text has one place in
// it, which it shares with others: the last one stays. It changes no answer and
// may be shared.
type memory[V any] struct {
	slots [1 << 14]atomic.Pointer[remembered[V]]
}

type remembered[V any] struct {
	text  string
	value V
}

func (m *memory[V]) slot(text string) *atomic.Pointer[remembered[V]] {
	return &m.slots[homeOf(hashWord(text), len(m.slots))]
}

// get returns what is remembered of a text.
func (m *memory[V]) get(text string) (v V, known bool) {
	if r := m.slot(text).Load(); r != nil && r.text == text {
		return r.value, true
	}
	return v, false
}

// put remembers a text. It keeps a copy, so no whole document stays alive.
func (m *memory[V]) put(text string, v V) {
	m.slot(text).Store(&remembered[V]{strings.Clone(text), v})
}

// wordForm is what became of a word whose form takes time to tell.
type wordForm struct {
	word  int32
	flags tokenFlag
}

// glance is what a look at a name tells: whether a place has just this name, and
// whether the name's first word may begin one.
type glance struct{ known, begins bool }

// glance looks at a name as it is written.
func (e *Engine) glance(name string) glance {
	g, known := e.names.get(name)
	if !known {
		folded := gazetteer.Fold(name)
		head, _, _ := strings.Cut(folded, " ")
		g = glance{e.places.Knows(folded), e.places.Begins(head)}
		e.names.put(name, g)
	}
	return g
}

package extract

import (
	"testing"

	"github.com/marchday/marchday/gazetteer"
)

func engine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// worldEngine has the places of the world and nobody's dossier.
func worldEngine(t testing.TB) *Engine {
	t.Helper()
	g, err := gazetteer.Load(gazetteer.World())
	if err != nil {
		t.Fatal(err)
	}
	e, err := New(Options{Gazetteer: g})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEmbeddedDictionariesPassTheirTests(t *testing.T) {
	if err := engine(t).Test(); err != nil {
		t.Error(err)
	}
}

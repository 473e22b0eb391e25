package extract

import (
	"os"
	"testing"

	"github.com/marchday/marchday/truce"
)

func engine(t testing.TB) *Engine {
	t.Helper()
	e, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestEmbeddedDictionariesPassTheirTests(t *testing.T) { engine(t) }

func TestTryArticle(t *testing.T) {
	b, err := os.ReadFile("/work/shared/case/article.txt")
	if err != nil {
		t.Skip(err)
	}
	e := engine(t)
	for _, c := range e.Claims(Doc{Text: string(b), Date: truce.Instant(parseDay("2016-05-03")) * truce.Day}) {
		t.Logf("%s %-20s %-11s actors=%q targets=%q src=%q when=%s %s\n   %q", c.ID, c.Event, c.Stance, e.field(c, "actor"), e.field(c, "target"), e.field(c, "source"), e.dates(c.When), c.When.Kind, string(b[c.Clause.Start:c.Clause.End]))
	}
}

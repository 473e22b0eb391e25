package extract

import (
	"os"
	"strings"
	"testing"
)

// TestSnippetsOfEveryLabel labels own snippets and prints what is not as it
// was meant; it fails below what was reached.
func TestSnippetsOfEveryLabel(t *testing.T) {
	if HasTaxonomy("cameo") || !HasTaxonomy("acled-30") {
		t.Error("the taxonomies are acled, acled-30 and plover")
	}
	b, err := os.ReadFile("testdata/labels.tsv")
	if err != nil {
		t.Fatal(err)
	}
	e := inventedEngine(t)
	right, all := 0, 0
	seen := map[string]bool{}
	for line := range strings.Lines(string(b)) {
		want, text, ok := strings.Cut(strings.TrimSpace(line), "\t")
		if !ok || strings.HasPrefix(line, "#") {
			continue
		}
		all++
		seen[want] = true
		if got := e.Label(text, "acled"); got == want {
			right++
		} else {
			t.Logf("%s, meant %s: %s", got, want, text)
		}
	}
	if len(seen) != 25 {
		t.Errorf("%d labels have snippets, wanted 25", len(seen))
	}
	t.Logf("%d of %d right", right, all)
	if right < 80 {
		t.Errorf("%d of %d right: it was 82", right, all)
	}
}

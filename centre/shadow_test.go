package centre

import (
	"testing"
	"time"

	"github.com/marchday/marchday/link"
	"github.com/marchday/marchday/truce"
)

// TestAShadowRunSaysWhatAModelWouldChange compares the model in force with
// itself, and with one that joins nothing; neither changes the picture.
func TestAShadowRunSaysWhatAModelWouldChange(t *testing.T) {
	clock := clockAt(start.Time())
	c := openTest(t, t.TempDir(), clock)
	foundTest(t, c, clock)
	for i, killed := range []int32{14, 14, 3} {
		clock.pass(time.Hour)
		sayTest(t, c, "watch", shelling([]string{"obs", "doc", "aid"}[i], "nor", truce.PlaceID([]string{"p1", "p1", "p2"}[i]), start-7200+truce.Instant(i)*40_000, killed))
	}
	clock.pass(time.Hour)
	sayTest(t, c, "watch", shelling("eye", "nor", "p1", start-7100, 14))
	if err := c.CatchUp(t.Context()); err != nil {
		t.Fatal(err)
	}
	before, err := c.picture.Digest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	id := c.fold.order[0]
	freeze := link.Freeze{ID: truce.Digest{9}, Incident: id} // as an assessment does
	for _, r := range c.fold.links.Members(id) {
		freeze.Claims = append(freeze.Claims, r.Ref)
	}
	c.fold.links.Freeze(freeze)
	c.fold.cases[id] = docketed{number: 1}
	same, err := c.Shadow(t.Context(), link.DefaultModel())
	if err != nil {
		t.Fatal(err)
	}
	if same.Claims != 4 || same.Moves != 0 || len(same.Merges)+len(same.Splits) != 0 || same.Matches != 1 || same.Misses != 0 || same.Model != same.Proposed {
		t.Errorf("the model in force beside itself: %+v", same)
	}
	strict := link.DefaultModel()
	strict.Auto, strict.Review, strict.Merge = 19_000, 18_000, 20_000
	apart, err := c.Shadow(t.Context(), strict)
	if err != nil {
		t.Fatal(err)
	}
	if apart.Moves == 0 || len(apart.Splits) == 0 || len(apart.Merges) != 0 || apart.Misses != 1 || len(apart.Cases[0].Apart) == 0 {
		t.Errorf("a model that joins nothing: %+v", apart)
	}
	after, err := c.picture.Digest(t.Context())
	if err != nil || after != before {
		t.Errorf("a shadow run changed the picture: %v", err)
	}
}

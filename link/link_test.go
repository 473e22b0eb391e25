package link

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/marchday/marchday/truce"
)

const may5 = truce.Instant(1462406400) // 2016-05-05T00:00:00Z

func named(n int) truce.ClaimRef {
	return truce.ClaimRef{Statement: truce.DigestOf(fmt.Append(nil, n)), At: uint32(n), Family: "attack"}
}

// sample is a claim of shelling in one place on one day.
func sample(n int) Item {
	return Item{
		Ref: named(n), Index: int64(n), Said: may5 + 2*truce.Day, From: may5, To: may5 + truce.Day,
		Point: truce.Point{Lon: 366220000, Lat: 349370000}, RadiusMetres: 1000, Place: "gn:1", Area: "SY05",
		Act: "shelling", Lineage: fmt.Sprint("outlet", n),
	}
}

func place(t *testing.T, l *Linker, it Item) Change {
	t.Helper()
	ch, err := l.Place(it)
	if err != nil {
		t.Fatal(err)
	}
	p := ch.Placement
	sum := int32(0)
	for _, r := range p.Reasons() {
		sum += r.Millibit + r.Rarity
	}
	if sum != p.Sum {
		t.Errorf("claim %s: the bars add up to %d, not %d", it.Ref.Display(it.Index), sum, p.Sum)
	}
	return ch
}

func TestPlacing(t *testing.T) {
	toll := func(n int32) Range { return Range{n, n, true} }
	tests := []struct {
		name string
		edit func(*Item) // of the second claim
		one  bool
	}{
		{"two outlets, same toll", func(it *Item) { it.Killed = toll(7) }, true},
		{"rival accounts: each side accuses the other", func(it *Item) { it.Killed, it.By = toll(7), []truce.ActorID{"b"} }, true},
		{"another day", func(it *Item) { it.From, it.To = may5+9*truce.Day, may5+10*truce.Day }, false},
		{"another town", func(it *Item) { it.Place, it.Point.Lat = "gn:2", 352370000 }, false},
		{"another toll, act and target", func(it *Item) { it.Killed, it.Act, it.Object = toll(80), "abduction", "school" }, false},
		{"fire came from there", func(it *Item) { it.Killed, it.Side = toll(7), truce.Firing }, false},
		{"accuser and accused swapped", func(it *Item) {
			it.Killed, it.By, it.Against = toll(7), []truce.ActorID{"b"}, []truce.ActorID{"a"}
		}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := New(DefaultModel())
			x, y := sample(1), sample(2)
			x.Killed, x.Object, x.By, x.Against, x.Side = toll(7), "hospital", []truce.ActorID{"a"}, []truce.ActorID{"b"}, truce.Impact
			y.Object, y.Said = "hospital", may5+20*truce.Day
			tt.edit(&y)
			place(t, l, x)
			ch := place(t, l, y)
			if got := ch.Rows[len(ch.Rows)-1].Incident == x.Ref; got != tt.one {
				t.Errorf("one incident: %v, want %v; weight %d, next %d/%d, reasons %v", got, tt.one, ch.Placement.Weight, ch.Placement.NextSum, ch.Placement.NextN, ch.Placement.Reasons())
			}
		})
	}
}

func TestPlaceAndTimeAloneNeverJoin(t *testing.T) {
	l := New(DefaultModel())
	x, y := sample(1), sample(2)
	x.Act, y.Act = "", ""
	place(t, l, x)
	if ch := place(t, l, y); ch.Placement.State != Opened {
		t.Errorf("two claims that share place and day alone: %s", ch.Placement.State)
	}
}

// TestAnotherDayIsForAPersonToJudge puts two accounts together that share all
// but the day they state: the machine joins them provisionally and no more.
func TestAnotherDayIsForAPersonToJudge(t *testing.T) {
	l := New(DefaultModel())
	x, y := sample(1), sample(2)
	x.Killed, y.Killed = Range{17, 17, true}, Range{18, 18, true}
	x.Against, y.Against = []truce.ActorID{"a"}, []truce.ActorID{"a"}
	y.From, y.To = y.From+truce.Day, y.To+truce.Day
	place(t, l, x)
	if ch := place(t, l, y); ch.Placement.State != Provisional || ch.Placement.Weight < l.Model().Auto {
		t.Errorf("accounts of neighbouring days: %s at %d", ch.Placement.State, ch.Placement.Weight)
	}
}

func TestDecisions(t *testing.T) {
	l := New(DefaultModel())
	a, b, c := sample(1), sample(2), sample(3)
	c.Place, c.Point.Lat = "gn:2", 352370000
	for _, it := range []Item{a, b, c} {
		place(t, l, it)
	}
	same := Decision{ID: truce.StatementID{1}, Index: 10, Same: true, Claims: []truce.ClaimRef{b.Ref, c.Ref}}
	diff := Decision{ID: truce.StatementID{2}, Index: 11, Claims: []truce.ClaimRef{a.Ref, b.Ref}}
	check := func(when string, want ...int) {
		t.Helper()
		for i, it := range []Item{a, b, c} {
			in, ok := l.Resolve(it.Ref)
			if !ok || in.ID != named(want[i]) {
				t.Errorf("%s: claim %d is in %s, want S%d", when, i+1, in.ID.Display(0), want[i])
			}
		}
	}
	check("machine", 1, 1, 3)
	l.Decide(same)
	check("same", 1, 1, 1)
	l.Decide(diff)
	check("same and different", 1, 2, 2)
	l.Withdraw(same.ID)
	check("different", 1, 2, 3)
	l.Withdraw(diff.ID)
	check("all withdrawn", 1, 1, 3)
	l.Freeze(Freeze{ID: truce.StatementID{3}, Index: 12, Incident: a.Ref, Claims: []truce.ClaimRef{a.Ref}})
	if rows := l.Members(a.Ref); len(rows) != 2 || rows[1].Role != RoleProposed {
		t.Errorf("beside a frozen incident: %+v", rows)
	}
	l.Decide(Decision{ID: truce.StatementID{4}, Index: 13, Same: true, Claims: []truce.ClaimRef{a.Ref, b.Ref}})
	if rows := l.Members(a.Ref); len(rows) != 2 || rows[1].Role != RoleSupports || rows[1].State != Pinned {
		t.Errorf("a proposed claim taken in: %+v", rows)
	}
	ch := l.Decide(Decision{ID: truce.StatementID{5}, Index: 14, Claims: []truce.ClaimRef{a.Ref, b.Ref}})
	if len(ch.Conflicts) != 1 || len(ch.Conflicts[0].Against) != 1 || ch.Conflicts[0].Against[0] != (truce.StatementID{4}) {
		t.Errorf("a decision against an older one: %+v", ch.Conflicts)
	}
}

// TestWhatChangesIsTold keeps a table by the changes alone and compares it with
// the linker: no claim and no incident may move untold, as when a repair moves
// an incident's first claim and so changes its name.
func TestWhatChangesIsTold(t *testing.T) {
	t.Run("plain claims", func(t *testing.T) { toldAll(t, plainSet(4000)) })
	t.Run("mixed claims", func(t *testing.T) { toldAll(t, mixedSet(2000, 1)) })
}

// toldAll places items and, between them, decides, withdraws and removes.
func toldAll(t *testing.T, items []Item) {
	l, r := New(DefaultModel()), rand.New(rand.NewPCG(3, 4))
	at, of := map[truce.ClaimRef]truce.IncidentID{}, map[truce.IncidentID]int{}
	take := func(ch Change) {
		for _, r := range ch.Rows {
			at[r.Ref] = r.Incident
		}
		for _, in := range ch.Incidents {
			of[in.ID] = in.Claims
		}
		for _, id := range ch.Gone {
			delete(of, id)
		}
	}
	var decided []truce.StatementID
	for k, it := range items {
		take(place(t, l, it))
		some := func() truce.ClaimRef { return items[max(0, k-r.IntN(60))].Ref }
		switch r.IntN(40) {
		case 0:
			id := truce.DigestOf(fmt.Append(nil, "decision", k))
			decided = append(decided, id)
			take(l.Decide(Decision{ID: id, Index: it.Index, Office: "north", Same: r.IntN(2) == 0, Claims: []truce.ClaimRef{some(), it.Ref}}))
		case 1:
			if n := len(decided); n > 0 {
				take(l.Withdraw(decided[r.IntN(n)]))
			}
		case 2:
			ref := some()
			ch, err := l.Remove(ref)
			if err == nil { // it was not removed before
				take(ch)
				delete(at, ref)
			}
		}
	}
	if l.Stats().Repaired == 0 {
		t.Fatal("nothing was repaired: this shows nothing")
	}
	for ref := range l.Claims() {
		if r, _ := l.Row(ref); r.Incident != at[ref] {
			t.Errorf("%s is in %s, told was %s", ref, r.Incident, at[ref])
		}
	}
	for id, n := range of {
		if in, ok := l.Resolve(id); !ok || in.ID != id || in.Claims != n {
			t.Errorf("%s was told with %d claims and is %s with %d", id, n, in.ID, in.Claims)
		}
	}
}

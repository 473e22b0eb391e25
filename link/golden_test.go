package link

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"hash"
	"math/rand/v2"
	"testing"

	"github.com/marchday/marchday/truce"
)

// mixedSet makes n claims that use all that an item may state, so that every
// path of the engine is taken: coarse, long, weekday-only and missing times,
// districts, vague and no places, copies, citations, answers, denials, rivals.
func mixedSet(n int, seed uint64) []Item {
	r := rand.New(rand.NewPCG(seed, 7))
	one := func(list ...string) string { return list[r.IntN(len(list))] }
	words := make([]string, 400)
	for i := range words {
		words[i] = fmt.Sprint("w", i)
	}
	items := make([]Item, 0, n)
	for len(items) < n {
		at, spot := may5+truce.Instant(len(items))*40, r.Int32N(30)
		act, weapon, object, actor, toll := one("shelling", "air_strike", "clash", "bombing", "killing", "arrest", "aid_blocked", ""),
			one("", "", "mortar", "artillery", "rocket"), one("", "", "hospital", "school", "market"), one("a", "b", "c", "d"), r.Int32N(60)
		told := words[r.IntN(380):][:12]
		for more := true; more && len(items) < n; more = r.IntN(10) < 6 {
			k := len(items)
			it := Item{
				Ref:   truce.ClaimRef{Statement: truce.DigestOf(fmt.Append(nil, k/2)), At: uint32(k % 2 * 40), Family: one("attack", "toll"), N: uint8(r.IntN(2))},
				Index: int64(k), Said: at + truce.Instant(r.IntN(3))*truce.Day, From: at + truce.Instant(r.Int64N(14_400)), Act: act, Weapon: weapon, Object: object,
				Lineage: fmt.Sprint("src", r.IntN(60)), Lang: one("en", "ar", "ru"), By: []truce.ActorID{truce.ActorID(actor)}, Killed: Range{toll, toll, true},
			}
			it.time(r)
			it.where(r, spot)
			it.rest(r, told)
			it.ties(r, items)
			items = append(items, it)
		}
	}
	return items
}

func (it *Item) time(r *rand.Rand) {
	switch r.IntN(10) {
	case 0:
		it.From, it.Weekday = 0, 1+r.IntN(7)
	case 1:
		it.From, it.Said = 0, 0
	case 2:
		it.From -= it.From % truce.Day
		it.To = it.From + truce.Day
	case 3:
		it.To = it.From + truce.Instant(1+r.IntN(12))*truce.Day
	case 4:
		it.From += truce.Day
	case 5:
		it.Hour, it.To = uint8(r.IntN(6)), it.From+truce.Instant(r.IntN(30))*3600
	}
}

func (it *Item) where(r *rand.Rand, spot int32) {
	name := fmt.Sprint("village number ", spot)
	if r.IntN(5) == 0 {
		name = name[1:]
	}
	it.Point = truce.Point{Lon: 366_000_000 + spot*170_000 + r.Int32N(90_000), Lat: 349_000_000 + spot*110_000 + r.Int32N(90_000)}
	it.RadiusMetres = []int32{0, 300, 2_000, 2_000, 9_000, 30_000}[r.IntN(6)]
	it.Name, it.Area = name, truce.PlaceID(fmt.Sprint("d", spot/6))
	switch r.IntN(9) {
	case 0:
		it.Point = truce.Point{}
	case 1:
		it.Point, it.Name = truce.Point{}, ""
	case 2:
		it.Point, it.Name, it.Area = truce.Point{}, "", ""
	case 3:
		it.Place = truce.PlaceID(fmt.Sprint("gn:", spot))
	}
}

func (it *Item) rest(r *rand.Rand, told []string) {
	if r.IntN(3) == 0 {
		it.By = nil
	}
	if r.IntN(4) == 0 {
		it.By, it.Against = append(it.By, "e"), []truce.ActorID{truce.ActorID([]string{"a", "b", "f"}[r.IntN(3)])}
	}
	switch r.IntN(6) {
	case 0:
		it.Killed = Range{}
	case 1:
		it.Killed.High = -1
	case 2:
		it.Killed.Low, it.Killed.High = it.Killed.Low*4/5, it.Killed.High*5/4
	case 3:
		it.Wounded = Range{it.Killed.Low * 2, it.Killed.Low*2 + r.Int32N(9), true}
	}
	if r.IntN(6) == 0 {
		it.Victims = []string{fmt.Sprint("name ", r.IntN(20)), fmt.Sprint("name ", r.IntN(20))}
	}
	for range r.IntN(10) {
		it.Concepts = append(it.Concepts, told[r.IntN(len(told))])
	}
	it.Side = []truce.Side{truce.Firing, truce.Impact, "", "", "", ""}[r.IntN(6)]
	it.Denies = r.IntN(12) == 0
	it.Mode = []Mode{Opens, Opens, Opens, Opens, Opens, Supports, Aside}[r.IntN(7)]
	if it.Mode == Aside && r.IntN(3) > 0 {
		it.Mode = Opens
	}
}

// ties binds a claim to earlier ones: by its text, its address, what it cites
// and what it is about.
func (it *Item) ties(r *rand.Rand, before []Item) {
	if r.IntN(4) == 0 {
		for range 3 + r.IntN(30) {
			it.Text += fmt.Sprint(" said", r.IntN(300))
		}
	}
	if len(before) < 50 {
		return
	}
	of := &before[len(before)-1-r.IntN(40)]
	switch r.IntN(20) {
	case 0:
		it.Text, it.Act, it.Point, it.Name, it.From, it.To = of.Text, of.Act, of.Point, of.Name, of.From, of.To
	case 2:
		it.URL = fmt.Sprint("https://example.org/", r.IntN(200))
	case 3:
		it.Cites = []truce.ClaimRef{of.Ref}
	case 4, 5:
		it.About, it.Response = []truce.ClaimRef{of.Ref}, r.IntN(2) == 0
	}
}

// golden links a set, lays decisions on it, takes them off, removes claims, and
// returns the digest of all that a caller can see.
func golden(t *testing.T, m Model, items []Item) string {
	t.Helper()
	l, h := New(m), sha256.New()
	for k, it := range items {
		if k%50 == 49 {
			fmt.Fprintf(h, "%+v\n", l.Similar(it, 3))
		}
		if k%20 == 0 {
			ch, err := l.Place(it)
			fmt.Fprintf(h, "%+v %+v %+v %v\n", ch.Rows, ch.Incidents, ch.Gone, err)
		} else {
			pl, err := l.Add(it)
			fmt.Fprintf(h, "%+v %v\n", pl, err)
		}
		switch {
		case k%397 == 96:
			l.Decide(Decision{ID: truce.StatementID{byte(k), byte(k >> 8)}, Index: int64(k), Same: k%2 == 0, Claims: []truce.ClaimRef{it.Ref, items[k-30].Ref}})
		case k%397 == 95 && k%5 > 0 && k > 397:
			l.Withdraw(truce.StatementID{byte(k - 396), byte((k - 396) >> 8)})
		case k%151 == 150:
			if ch, err := l.Remove(items[k-20].Ref); err == nil {
				fmt.Fprintf(h, "%+v\n", ch.Rows)
			}
		}
	}
	for id := range l.decisions {
		l.Withdraw(id)
	}
	rowsInto(h, l)
	fmt.Fprintln(h, l.Together())
	return fmt.Sprintf("%x", h.Sum(nil)[:8])
}

func rowsInto(h hash.Hash, l *Linker) {
	for ref := range l.Claims() {
		row, _ := l.Row(ref)
		in, _ := l.Resolve(ref)
		fmt.Fprintf(h, "%+v %+v\n", row, in)
	}
}

// TestGoldenDigest holds the engine to the very rows it gave before it was made
// faster: a change of these digests is a change of Version, but for that of the
// learnt model, which moves with the learning too.
func TestGoldenDigest(t *testing.T) {
	items := mixedSet(2_000, 1)
	plain := plainSet(4_000)
	l := New(DefaultModel())
	for _, it := range items {
		_, _ = l.Add(it) // a name that came before is refused, and is left out
	}
	learnt := Fit(l, nil).Model
	if learnt.Digest() == DefaultModel().Digest() {
		t.Fatal("nothing was learnt")
	}
	for _, c := range []struct {
		name  string
		model Model
		items []Item
		want  string
	}{
		{"mixed claims", DefaultModel(), items, "c06a3dbe8dbf6b4f"},
		{"mixed claims under a learnt model", learnt, items, "ea38fa63f9c28464"},
		{"plain claims", DefaultModel(), plain, "052e7fb52e7bf454"},
	} {
		if got := golden(t, c.model, c.items); got != c.want {
			t.Errorf("%s: digest %s, not %s", c.name, got, c.want)
		}
	}
}

// TestManyAtOnceAreAsOneByOne holds AddAll to Add: the same placements, rows and
// refusals.
func TestManyAtOnceAreAsOneByOne(t *testing.T) {
	items := mixedSet(1_200, 2)
	one, many := New(DefaultModel()), New(DefaultModel())
	var want []string
	for _, it := range items {
		pl, err := one.Add(it)
		want = append(want, fmt.Sprintf("%+v %v", pl, err))
	}
	seen := 0
	for _, part := range [][]Item{items[:500], items[500:]} {
		many.AddAll(part, func(_ int, pl Placement, err error) {
			if got := fmt.Sprintf("%+v %v", pl, err); got != want[seen] {
				t.Fatalf("item %d: %s, not %s", seen, got, want[seen])
			}
			seen++
		})
	}
	if seen != len(items) || one.Stats() != many.Stats() {
		t.Errorf("%d of %d items; %+v, not %+v", seen, len(items), many.Stats(), one.Stats())
	}
	a, b := sha256.New(), sha256.New()
	rowsInto(a, one)
	rowsInto(b, many)
	if !bytes.Equal(a.Sum(nil), b.Sum(nil)) {
		t.Error("the rows differ")
	}
}

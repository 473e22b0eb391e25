package link

import (
	"strings"

	"github.com/marchday/marchday/truce"
)

// Mode says what a claim may do to incidents. It is a property of the claim's
// kind, never of who speaks.
type Mode uint8

// The modes of an item.
const (
	Opens    Mode = iota // joins an incident, or opens one
	Supports             // joins an incident, never opens one: a repost, a denial, a toll told elsewhere
	Aside                // stands beside the incidents: aggregates, plans, background
)

// Range is a number of people as claimed, both ends included. High below Low
// means that the upper end is open. The zero Range is not stated; a stated zero
// is Range{Stated: true}.
type Range struct {
	Low, High int32
	Stated    bool
}

// The classes of an hour of the day, as worded; 0 is not stated.
const (
	Night   uint8 = 1 + iota // 21 to 4
	Dawn                     // 4 to 7
	Morning                  // 7 to 12
	Midday                   // 12 to 15
	Evening                  // 15 to 21
)

// Item is a claim with all that is compared of it. A zero field is not stated
// and weighs nothing.
type Item struct {
	Ref      truce.ClaimRef
	Index    int64         // of the statement in the record; display only, the order is that of the calls
	Said     truce.Instant // when it was said or received: a time after it is not believed
	Mode     Mode
	Denies   bool // speaks against what it joins
	Replaces truce.ClaimRef

	From, To       truce.Instant // half open; To 0 with From stated is an instant
	Weekday        int           // 1 Monday to 7 Sunday, where only that is known
	Hour           uint8         // class of the hour, as worded or on the wall there
	Point          truce.Point   // the zero Point is not stated
	RadiusMetres   int32         // how far from Point it may have been
	Place          truce.PlaceID // the most specific place
	Name           string        // of the place as worded, used where Place is not stated
	Area           truce.PlaceID // district, or the area that alone is known
	Act            string        // a node of the taxonomy, as are the next two
	Weapon, Object string
	Side           truce.Side
	By, Against    []truce.ActorID
	Killed         Range
	Wounded        Range
	Victims        []string // names already public
	Concepts       []string // rare words of the text, folded by Fold; language-neutral ones too
	Lang           string
	Lineage        string           // whose account it is: innermost source, wire, or publisher; empty is its own
	URL            string           // canonical address or hash of the exhibit
	Text           string           // as received, for copies only; never kept
	Cites          []truce.ClaimRef // claims that it quotes: its account is theirs
	About          []truce.ClaimRef
	Response       bool // says that it answers what About names
}

// Of returns the item of a claim made at a statement's index. Publisher is who
// published the report that carries it. The caller may add Text, URL, Concepts.
func Of(ref truce.ClaimRef, index int64, said truce.Instant, c *truce.Claim, publisher string) Item {
	it := Item{
		Ref: ref, Index: index, Said: said, Mode: modeOf(c), Side: c.Side,
		Denies: c.Form == truce.Denial || c.Stance == truce.Denied || c.Negated,
		From:   c.When.From, To: c.When.To, Weekday: c.When.Weekday, Hour: hourOf(c.When),
		Act: c.Event, Object: c.Object, Victims: c.Victims, Lineage: c.LineageOf(publisher),
		About: c.About, Response: c.Response,
	}
	if it.From == 0 || it.To == 0 && c.When.Precision != truce.ToMinute && c.When.Precision != "" {
		it.From, it.To = 0, 0 // one side open: no interval to compare
	}
	it.place(c)
	for _, w := range c.Weapons {
		if w.ID != "" && w.ID != "unknown" {
			it.Weapon = w.ID
			break
		}
	}
	it.By, it.Against = actors(c.Actors), actors(c.Targets)
	for _, k := range c.Casualties {
		it.toll(k)
	}
	return it
}

// modeOf says what a claim may do: assertions of an event open incidents; what
// is said of events told elsewhere supports; the rest stands aside.
func modeOf(c *truce.Claim) Mode {
	switch c.Form {
	case truce.Aggregate, truce.Background:
		if len(c.About) > 0 && c.Form == truce.Background {
			return Supports
		}
		return Aside
	case truce.Denial, truce.Attribution, truce.Toll, truce.StatusClaim:
		return Supports
	case truce.EventClaim:
	}
	switch {
	case c.Stance == truce.Denied || c.Negated:
		return Supports
	case !c.Stance.Asserted():
		return Aside
	}
	return Opens
}

// place takes the claim's best place. An administrative area is no specific
// place: it is kept as Area, its centre is not compared.
func (it *Item) place(c *truce.Claim) {
	w := c.Place()
	if strings.HasPrefix(w.Class, "adm") || w.Class == "country" {
		it.Area = w.Place
		return
	}
	it.Place, it.Name, it.RadiusMetres = w.Place, w.Name, w.RadiusMetres
	if w.Point != nil {
		it.Point = *w.Point
	}
	if len(w.Within) > 0 {
		it.Area = w.Within[0]
	}
}

func actors(refs []truce.Ref) []truce.ActorID {
	var ids []truce.ActorID
	for _, r := range refs {
		if r.ID != "" && r.ID != "unknown" {
			ids = append(ids, truce.ActorID(r.ID))
		}
	}
	return ids
}

// toll takes a whole figure of the killed or wounded of one strike; subsets,
// other scopes and a speaker's own losses are no toll of the incident.
func (it *Item) toll(k truce.Casualty) {
	if k.Part || k.Own || k.Scope != "" && k.Scope != "strike" {
		return
	}
	r := Range{Low: max(k.Low, 0), High: k.High, Stated: true}
	switch {
	case k.Kind == truce.Killed && !it.Killed.Stated:
		it.Killed = r
	case k.Kind == truce.Wounded && !it.Wounded.Stated:
		it.Wounded = r
	}
}

// hourOf returns the class of the hour on the wall there, where the time is
// known to the hour.
func hourOf(w truce.When) uint8 {
	if len(w.Local) < 13 || w.Precision != truce.ToHour && w.Precision != truce.ToMinute {
		return 0
	}
	h := int(w.Local[11]-'0')*10 + int(w.Local[12]-'0')
	return HourClass(h)
}

// HourClass returns the class of an hour from 0 to 23, and 0 for any other.
func HourClass(hour int) uint8 {
	switch {
	case hour < 0 || hour > 23:
		return 0
	case hour < 4 || hour >= 21:
		return Night
	case hour < 7:
		return Dawn
	case hour < 12:
		return Morning
	case hour < 15:
		return Midday
	}
	return Evening
}

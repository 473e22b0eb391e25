package truce

import (
	"sort"
	"strconv"
	"time"
)

// Instant is a moment in seconds since 1970 UTC. Zero means not stated. In
// JSON it is an RFC 3339 string; any offset is read, UTC is written.
type Instant int64

// Day is the length of a day in an Instant's seconds.
const Day Instant = 24 * 60 * 60

// At returns the instant of t.
func At(t time.Time) Instant { return Instant(t.Unix()) }

// Time returns the instant as a time in UTC, and the zero Time if not stated.
func (i Instant) Time() time.Time {
	if i == 0 {
		return time.Time{}
	}
	return time.Unix(int64(i), 0).UTC()
}

// String writes RFC 3339 in UTC, and "" if not stated.
func (i Instant) String() string {
	if i == 0 {
		return ""
	}
	return i.Time().Format(time.RFC3339)
}

// MarshalText implements encoding.TextMarshaler.
func (i Instant) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText reads RFC 3339 with seconds and an offset, or nothing.
func (i *Instant) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*i = 0
		return nil
	}
	t, err := time.Parse(time.RFC3339, string(b))
	if err != nil || t.Nanosecond() != 0 {
		return invalid("", "%q is not a time: write 2016-05-04T00:01:00+03:00", clip(string(b)))
	}
	*i = At(t)
	return nil
}

// Precision says how exactly a time is known.
type Precision string

// The precisions of a time, finest first.
const (
	ToMinute Precision = "minute"
	ToHour   Precision = "hour"
	ToDay    Precision = "day"
	ToDays   Precision = "days"
	ToWeeks  Precision = "weeks"
	ToPart   Precision = "part-of-month"
	ToMonth  Precision = "month"
	ToYear   Precision = "year"
	Bounded  Precision = "bounded" // one side is another event
	Fuzzy    Precision = "fuzzy"
)

// When is a time as somebody claimed it: a half-open interval [From, To), each
// side open (not stated) if zero, with the original wording and zone.
type When struct {
	From      Instant   `json:"from,omitzero"`
	To        Instant   `json:"to,omitzero"`
	Precision Precision `json:"precision,omitempty"`
	Kind      string    `json:"kind,omitempty"`    // how it was understood: exact, weekday, document-time, ...
	Weekday   int       `json:"weekday,omitempty"` // 1 Monday to 7 Sunday where only that is known
	Local     string    `json:"local,omitempty"`   // From as written on the wall there: 2016-05-04T00:01
	Zone      string    `json:"zone,omitempty"`    // name of that wall's zone
	Wording   string    `json:"wording,omitempty"`
	Span      *Span     `json:"span,omitempty"` // of the wording; none where understood from context
}

// IsZero reports whether nothing is known of the time.
func (w When) IsZero() bool { return w == When{} }

// Validate refuses an interval that ends before it begins and an unknown
// precision.
func (w When) Validate() error {
	if w.From != 0 && w.To != 0 && w.To <= w.From {
		return invalid("to", "ends at %s, not after its start %s: swap or mend them", w.To, w.From)
	}
	if w.Weekday < 0 || w.Weekday > 7 {
		return invalid("weekday", "%d is no weekday: 1 is Monday, 7 is Sunday", w.Weekday)
	}
	switch w.Precision {
	case "", ToMinute, ToHour, ToDay, ToDays, ToWeeks, ToPart, ToMonth, ToYear, Bounded, Fuzzy:
	default:
		return invalid("precision", "%q is not known: use minute, hour, day, days, weeks, part-of-month, month, year, bounded or fuzzy", clip(string(w.Precision)))
	}
	return nil
}

// Meets reports whether the interval shares an instant with [from, to), open
// sides reaching for ever. A time of which nothing is known meets everything.
func (w When) Meets(from, to Instant) bool {
	return (w.To == 0 || from == 0 || w.To > from) && (w.From == 0 || to == 0 || w.From < to)
}

// Zone is a time zone as data: transitions signed in a procedure statement,
// never the machine's own tables.
type Zone struct {
	Name  string       `json:"name"`
	Rules []Transition `json:"rules"` // by time; the first holds from the beginning
}

// Transition says that from an instant on, local time is UTC + OffsetSeconds.
type Transition struct {
	From          Instant `json:"from,omitzero"`
	OffsetSeconds int32   `json:"offset_seconds"`
	Abbrev        string  `json:"abbrev,omitempty"`
}

const maxOffsetSeconds = 18 * 60 * 60

// Validate refuses a zone without rules, out of order, or with an offset over
// 18 hours.
func (z Zone) Validate() error {
	if z.Name == "" || len(z.Rules) == 0 {
		return invalid("", "a zone has a name and at least one rule")
	}
	for i, r := range z.Rules {
		if i > 0 && r.From <= z.Rules[i-1].From {
			return invalid("rules."+strconv.Itoa(i), "rules stand in order of time")
		}
		if r.OffsetSeconds > maxOffsetSeconds || r.OffsetSeconds < -maxOffsetSeconds {
			return invalid("rules."+strconv.Itoa(i), "an offset of %d s is over 18 hours", r.OffsetSeconds)
		}
	}
	return nil
}

// Offset returns the seconds that local time is ahead of UTC at i, and the
// zone's abbreviation then.
func (z Zone) Offset(i Instant) (int32, string) {
	if len(z.Rules) == 0 {
		return 0, "UTC"
	}
	n := sort.Search(len(z.Rules), func(k int) bool { return z.Rules[k].From > i })
	r := z.Rules[max(n-1, 0)]
	return r.OffsetSeconds, r.Abbrev
}

// Local returns the wall clock at i as a time whose own zone is that offset.
func (z Zone) Local(i Instant) time.Time {
	off, abbrev := z.Offset(i)
	return time.Unix(int64(i), 0).In(time.FixedZone(abbrev, int(off)))
}

const wallLayout = "2006-01-02T15:04"

// Instant returns the moment at which the wall clock of z shows wall, written
// 2006-01-02T15:04. It refuses a wall time that does not exist there (clocks
// went forward) or that exists twice, naming both moments.
func (z Zone) Instant(wall string) (Instant, error) {
	t, err := time.Parse(wallLayout, wall)
	if err != nil {
		return 0, invalid("local", "%q is not a local time: write 2016-05-04T00:01", clip(wall))
	}
	naive := t.Unix()
	var found []Instant
	for _, r := range z.Rules {
		i := Instant(naive - int64(r.OffsetSeconds))
		off, _ := z.Offset(i)
		if off == r.OffsetSeconds && (len(found) == 0 || found[len(found)-1] != i) {
			found = append(found, i)
		}
	}
	switch len(found) {
	case 0:
		return 0, invalid("local", "%s does not exist in %s: the clocks went forward over it; write the hour that was meant", wall, z.Name)
	case 1:
		return found[0], nil
	default:
		return 0, invalid("local", "%s happened twice in %s (%s and %s): give the time in UTC", wall, z.Name, found[0], found[1])
	}
}

// DayOf returns the counting day of i in the zone, as 2016-05-05.
func (z Zone) DayOf(i Instant) string { return z.Local(i).Format(time.DateOnly) }

// DayBounds returns the first instant of a day written 2016-05-05 and that of
// the next. It refuses what is not a date.
func (z Zone) DayBounds(day string) (from, to Instant, err error) {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return 0, 0, invalid("date", "%q is not a date: write 2016-05-05", clip(day))
	}
	edge := func(t time.Time) Instant {
		i := Instant(t.Unix())
		off, _ := z.Offset(i)
		j := i - Instant(off)
		if off2, _ := z.Offset(j); off2 != off {
			j = i - Instant(off2)
		}
		return j
	}
	return edge(t), edge(t.AddDate(0, 0, 1)), nil
}

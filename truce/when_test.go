package truce

import (
	"testing"
	"time"
)

// damascus is a zone whose clocks went forward over midnight of 25 March 2016
// and back over 28 October.
var damascus = Zone{"Asia/Damascus", []Transition{{0, 7200, "EET"}, {1_458_856_800, 10800, "EEST"}, {1_477_602_000, 7200, "EET"}}}

func TestLocalTimes(t *testing.T) {
	for _, c := range []struct{ name, wall, want string }{
		{"in winter", "2016-02-27T00:00", "2016-02-26T22:00:00Z"},
		{"in summer", "2016-05-04T00:01", "2016-05-03T21:01:00Z"},
		{"the last minute before", "2016-03-24T23:59", "2016-03-24T21:59:00Z"},
		{"the first minute after", "2016-03-25T01:00", "2016-03-24T22:00:00Z"},
		{"an hour that does not exist", "2016-03-25T00:30", ""},
		{"an hour that happened twice", "2016-10-27T23:30", ""},
		{"no time", "yesterday", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := damascus.Instant(c.wall)
			if (err != nil) != (c.want == "") || err == nil && got.String() != c.want {
				t.Errorf("%s %v", got, err)
			}
			if err == nil && damascus.Local(got).Format(wallLayout) != c.wall {
				t.Errorf("and back: %s", damascus.Local(got).Format(wallLayout))
			}
		})
	}
}

func TestADayIsTheRegimesOwn(t *testing.T) {
	for _, c := range []struct {
		day   string
		hours Instant
	}{{"2016-03-24", 24}, {"2016-03-25", 23}, {"2016-10-27", 25}, {"2016-05-05", 24}} {
		from, to, err := damascus.DayBounds(c.day)
		if err != nil || (to-from)/3600 != c.hours {
			t.Errorf("%s has %d h: %v", c.day, (to-from)/3600, err)
		}
		if damascus.DayOf(from) != c.day && c.hours != 23 || damascus.DayOf(to-1) != c.day {
			t.Errorf("%s: %s to %s", c.day, damascus.DayOf(from), damascus.DayOf(to-1))
		}
	}
	if _, _, err := damascus.DayBounds("5 May"); err == nil {
		t.Error("5 May is no date")
	}
	if off, name := (Zone{}).Offset(1); off != 0 || name != "UTC" {
		t.Error("no zone is UTC")
	}
	if err := damascus.Validate(); err != nil {
		t.Error(err)
	}
}

func TestInstants(t *testing.T) {
	var i Instant
	if err := i.UnmarshalText([]byte("2016-05-04T00:01:00+03:00")); err != nil || i.String() != "2016-05-03T21:01:00Z" {
		t.Errorf("%s %v", i, err)
	}
	if err := i.UnmarshalText(nil); err != nil || i != 0 || i.String() != "" || !i.Time().IsZero() {
		t.Error("nothing is not stated")
	}
	for _, bad := range []string{"2016-05-04", "2016-05-04T00:01:00.5Z", "soon"} {
		if err := i.UnmarshalText([]byte(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
	if At(time.Unix(77, 5)) != 77 {
		t.Error("seconds")
	}
}

func TestWhenIntervalsMeet(t *testing.T) {
	for _, c := range []struct {
		w        When
		from, to Instant
		want     bool
	}{
		{When{From: 10, To: 20}, 20, 30, false}, {When{From: 10, To: 20}, 19, 30, true}, {When{From: 10}, 0, 10, false},
		{When{From: 10}, 0, 11, true}, {When{To: 10}, 10, 0, false}, {When{}, 5, 6, true}, {When{To: 10}, 9, 0, true},
	} {
		if c.w.Meets(c.from, c.to) != c.want {
			t.Errorf("%+v meets %d-%d", c.w, c.from, c.to)
		}
	}
	for _, bad := range []When{{From: 5, To: 5}, {Weekday: 8}, {Precision: "roughly"}} {
		if bad.Validate() == nil {
			t.Errorf("%+v", bad)
		}
	}
	for _, c := range []struct {
		p        Precision
		from, to Instant
	}{{"", 100, 101}, {ToMinute, 100, 160}, {ToHour, 100, 3700}, {ToDay, 100, 100 + Day}, {ToMonth, 100, 0}, {Fuzzy, 100, 0}} {
		if from, to := (When{From: 100, Precision: c.p}).Bounds(); from != c.from || to != c.to {
			t.Errorf("%s: %d-%d", c.p, from, to)
		}
	}
	if !(When{}).IsZero() {
		t.Error("nothing known")
	}
}

func FuzzAWallTimeAndBack(f *testing.F) {
	f.Add("2016-05-04T00:01")
	f.Add("2016-03-25T00:30")
	f.Fuzz(func(t *testing.T, wall string) {
		i, err := damascus.Instant(wall)
		if err == nil && damascus.Local(i).Format(wallLayout) != wall && len(wall) == len(wallLayout) {
			t.Errorf("%s became %s", wall, damascus.Local(i).Format(wallLayout))
		}
	})
}

// TestTwoDaysStatedAreBothTheTimeOfAnIncident holds that of times equally narrow
// none is taken for the better.
func TestTwoDaysStatedAreBothTheTimeOfAnIncident(t *testing.T) {
	day := func(n Instant) *Claim {
		return &Claim{When: When{From: n * Day, To: (n + 1) * Day, Precision: ToDay}}
	}
	hour := &Claim{When: When{From: 3*Day + 3600, To: 3*Day + 7200, Precision: ToHour}}
	week := &Claim{When: When{From: Day, To: 8 * Day, Precision: ToDays}}
	for name, c := range map[string]struct {
		told []*Claim
		want When
	}{
		"one day told twice":             {[]*Claim{day(3), day(3)}, When{From: 3 * Day, To: 4 * Day, Precision: ToDay}},
		"two days":                       {[]*Claim{day(4), week, day(3)}, When{From: 3 * Day, To: 5 * Day, Precision: ToDays}},
		"an hour is finer than any day":  {[]*Claim{day(4), hour, day(3)}, hour.When},
		"nothing but open ends is told":  {[]*Claim{{When: When{From: Day, Precision: ToMonth}}, {When: When{From: 2 * Day, Precision: ToMonth}}}, When{From: Day, Precision: ToMonth}},
		"nobody tells when it was":       {[]*Claim{{}}, When{}},
		"the order of telling is no one": {[]*Claim{day(3), day(5), day(4)}, When{From: 3 * Day, To: 6 * Day, Precision: ToDays}},
	} {
		if got := finestTime(c.told); got.From != c.want.From || got.To != c.want.To || got.Precision != c.want.Precision {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

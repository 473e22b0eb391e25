package extract

import (
	"time"

	"github.com/marchday/marchday/gazetteer"
	"github.com/marchday/marchday/truce"
)

// day counts days since 1970-01-01; noDay is open.
type day int32

const noDay day = -1 << 31

func parseDay(s string) day {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return noDay
	}
	return day(t.Unix() / int64(truce.Day))
}

func dateOf(y, m, d int) day {
	return day(time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC).Unix() / int64(truce.Day))
}

// date returns the calendar date.
func (d day) date() (y, m, dd int) {
	t := time.Unix(int64(d)*int64(truce.Day), 0).UTC()
	return t.Year(), int(t.Month()), t.Day()
}

// weekday is 1 for Monday to 7 for Sunday.
func (d day) weekday() int {
	w := int(int64(d)+3) % 7 // 1970-01-01 was a Thursday
	if w < 0 {
		w += 7
	}
	return w + 1
}

// String writes 2031-09-16, and "" for an open day.
func (d day) String() string {
	if d == noDay {
		return ""
	}
	return time.Unix(int64(d)*int64(truce.Day), 0).UTC().Format(time.DateOnly)
}

func monthEnd(y, m int) day { return dateOf(y, m+1, 1) - 1 }

// latin spells other scripts in Latin letters, for ids.
func latin(s string) string { return gazetteer.Latin(s) }

package web

import (
	"strconv"
	"strings"
	"time"
)

// A writing says how a language writes numbers and dates. Digits are Western
// in every language, so that no page mixes two kinds.
type writing struct {
	own    string // the language's name in itself
	dir    string
	group  string // between thousands
	months [12]string
	days   [7]string // from Sunday
	list   [2]string // between, and before the last
}

func writingOf(code string) (writing, bool) {
	switch code {
	case "en", Pseudo:
		return writing{
			own: "English", dir: "ltr", group: ",",
			months: [12]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
			days:   [7]string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
			list:   [2]string{", ", " and "},
		}, true
	case "ar": // months as the United Nations write them, in both usages
		return writing{
			own: "العربية", dir: "rtl", group: ",",
			months: [12]string{
				"كانون الثاني/يناير", "شباط/فبراير", "آذار/مارس", "نيسان/أبريل", "أيار/مايو", "حزيران/يونيو",
				"تموز/يوليو", "آب/أغسطس", "أيلول/سبتمبر", "تشرين الأول/أكتوبر", "تشرين الثاني/نوفمبر", "كانون الأول/ديسمبر",
			},
			days: [7]string{"الأحد", "الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت"},
			list: [2]string{"، ", " و"},
		}, true
	case "fr":
		return writing{
			own: "Français", dir: "ltr", group: "\u202f",
			months: [12]string{"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre"},
			days:   [7]string{"dimanche", "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi"},
			list:   [2]string{", ", " et "},
		}, true
	case "ru": // months in the genitive, as in a date
		return writing{
			own: "Русский", dir: "ltr", group: "\u00a0",
			months: [12]string{"января", "февраля", "марта", "апреля", "мая", "июня", "июля", "августа", "сентября", "октября", "ноября", "декабря"},
			days:   [7]string{"воскресенье", "понедельник", "вторник", "среда", "четверг", "пятница", "суббота"},
			list:   [2]string{", ", " и "},
		}, true
	}
	return writing{}, false
}

// Number writes a whole number, its thousands apart.
func (t *Tongue) Number(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "\u2212", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + t.writing.group + s[i:]
	}
	return sign + s
}

// Date writes a day out, in the zone that the time carries: "5 May 2016". The
// zero time is "not stated".
func (t *Tongue) Date(at time.Time) string {
	if at.IsZero() {
		return t.T("missing.not_stated")
	}
	return strconv.Itoa(at.Day()) + "\u00a0" + t.writing.months[at.Month()-1] + " " + strconv.Itoa(at.Year())
}

// Weekday names the day of the week, in the zone that the time carries.
func (t *Tongue) Weekday(at time.Time) string { return t.writing.days[at.Weekday()] }

// Clock writes an hour with its zone, and the same hour in UTC when the zone
// is another: "19:30 EEST (16:30 UTC)". The zone's name comes from the time's
// location, which is the regime's own table, not the machine's.
func (t *Tongue) Clock(at time.Time) string {
	if at.IsZero() {
		return t.T("missing.not_stated")
	}
	zone, offset := at.Zone()
	s := at.Format("15:04") + "\u00a0" + zone
	if offset == 0 {
		return s
	}
	if zone == "" {
		s = at.Format("15:04-07:00")
	}
	return s + " (" + at.UTC().Format("15:04") + "\u00a0UTC)"
}

// Span writes a duration to the minute, in at most two units: "3 d 4 h".
// Seconds are dropped; a negative one is written by its length.
func (t *Tongue) Span(d time.Duration) string {
	minutes := int64(d.Abs() / time.Minute)
	var parts []string
	for _, u := range []struct {
		key string
		per int64
	}{{"span.days", 24 * 60}, {"span.hours", 60}, {"span.minutes", 1}} {
		if n := minutes / u.per; n > 0 && len(parts) < 2 {
			parts = append(parts, t.T(u.key, "n", n))
			minutes -= n * u.per
		} else if len(parts) > 0 {
			break
		}
	}
	if len(parts) == 0 {
		return t.T("span.minutes", "n", 0)
	}
	return strings.Join(parts, " ")
}

// List joins names in the order given: "A, B and C".
func (t *Tongue) List(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], t.writing.list[0]) + t.writing.list[1] + names[last]
}

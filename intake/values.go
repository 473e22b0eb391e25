package intake

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/marchday/marchday/truce"
)

// digits writes Arabic-Indic and Persian digits and marks as ASCII ones.
var digits = strings.NewReplacer("٠", "0", "١", "1", "٢", "2", "٣", "3", "٤", "4", "٥", "5", "٦", "6", "٧", "7", "٨", "8", "٩", "9",
	"۰", "0", "۱", "1", "۲", "2", "۳", "3", "۴", "4", "۵", "5", "۶", "6", "۷", "7", "۸", "8", "۹", "9", "٫", ".", "٬", ",", "،", ",", "\u00a0", " ", "\u202f", " ")

// degrees reads a coordinate in units of 1e-7 degree without a float: 36.2012,
// 36,2012, 36°12'04"N, N 36 12 4.3. Beyond limit degrees it is refused.
func degrees(s string, limit int64) (int32, error) {
	bad := invalid(strconv.Quote(clip(s)) + " is not a coordinate: write degrees such as 36.20124, or 36°12'04\"N")
	s = strings.ToUpper(strings.TrimSpace(digits.Replace(s)))
	sign := int64(1)
	if i := strings.IndexAny(s, "NSEW"); i >= 0 && (i == 0 || i == len(s)-1) {
		if s[i] == 'S' || s[i] == 'W' {
			sign = -1
		}
		s = strings.TrimSpace(s[:i] + s[i+1:])
	}
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		sign, s = -sign, rest
	}
	parts := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("°º'’′\"”″ ", r) })
	if len(parts) < 1 || len(parts) > 3 {
		return 0, bad
	}
	total, scale := int64(0), int64(3600) // of 1e-9 second of arc
	for i, part := range parts {
		v, ok := decimal(strings.Replace(part, ",", ".", 1), 9)
		if !ok || v > 360e9 || i > 0 && v >= 60e9 || i < len(parts)-1 && v%1e9 != 0 {
			return 0, bad
		}
		total += v * scale
		scale /= 60
	}
	total = (total + 180_000) / 360_000
	if total > limit*10_000_000 {
		return 0, invalid(fmt.Sprintf("%q is over %d degrees: are the columns swapped?", clip(s), limit))
	}
	return int32(sign * total), nil
}

// decimal reads an unsigned decimal as a whole number of 10^-places; further
// places are cut. It refuses exponents and numbers over nine digits.
func decimal(s string, places int) (int64, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" || len(whole) > 9 || len(frac) > 30 {
		return 0, false
	}
	if len(frac) > places {
		if strings.Trim(frac[places:], "0123456789") != "" {
			return 0, false
		}
		frac = frac[:places]
	}
	frac += strings.Repeat("0", places-len(frac))
	v, err := strconv.ParseUint(whole+frac, 10, 63)
	return int64(v), err == nil
}

// hedges are words that stand for a range, as the method's table has them.
var hedges = map[string][2]int32{
	"several": {3, 9}, "a few": {3, 9}, "handful": {3, 5}, "a handful": {3, 5}, "dozens": {24, 99}, "scores": {40, 99}, "hundreds": {200, 999}, "thousands": {2000, 9999},
	"plusieurs": {3, 9}, "dizaines": {20, 99}, "des dizaines": {20, 99}, "centaines": {200, 999}, "десятки": {20, 99}, "несколько": {3, 9}, "сотни": {200, 999},
	"عشرات": {20, 99}, "العشرات": {20, 99}, "عدة": {3, 9}, "مئات": {200, 999},
}

var (
	rangeForm   = regexp.MustCompile(`^(\d+) ?(?:-|–|—|\.\.|to|à|до|إلى) ?(\d+)$`)
	atLeastForm = regexp.MustCompile(`^(?:at least|min\.?|minimum|≥|>=|au moins|не менее|минимум|على الأقل) ?(\d+)$|^(\d+) ?(?:\+|or more|ou plus|и более)$`)
	moreForm    = regexp.MustCompile(`^(?:more than|over|>|plus de|более|свыше|أكثر من) ?(\d+)$`)
	upToForm    = regexp.MustCompile(`^(?:up to|at most|≤|<=|jusqu'à|до|не более|حتى) ?(\d+)$`)
	aboutForm   = regexp.MustCompile(`^(?:about|around|approx\.?|approximately|some|circa|ca\.?|~|≈|environ|около|примерно|حوالي|نحو) ?(\d+)$`)
	thousands   = regexp.MustCompile(`^\d{1,3}(?:[ ,.']\d{3})+$`)
)

// figure reads a number of people with its qualifier: 7, 1,200, 10-12, 20+,
// at least 7, about 20, dozens, in four languages. An empty cell is no figure.
func figure(s string) (low, high int32, qual string, err error) {
	s = strings.ToLower(strings.TrimSpace(digits.Replace(s)))
	if thousands.MatchString(s) {
		s = strings.NewReplacer(" ", "", ",", "", ".", "", "'", "").Replace(s)
	}
	number := func(text string) int32 {
		n, e := strconv.ParseInt(text, 10, 32)
		if e != nil || n > maxFigure {
			err = invalid(strconv.Quote(clip(s)) + " is beyond belief: mend the number")
		}
		return int32(n)
	}
	if h, ok := hedges[s]; ok {
		return h[0], h[1], "hedge", nil
	}
	if m := rangeForm.FindStringSubmatch(s); m != nil {
		return number(m[1]), number(m[2]), "range", err
	}
	if m := atLeastForm.FindStringSubmatch(s); m != nil {
		return number(m[1] + m[2]), truce.Open, "at-least", err
	}
	if m := moreForm.FindStringSubmatch(s); m != nil {
		return number(m[1]) + 1, truce.Open, "at-least", err
	}
	if m := upToForm.FindStringSubmatch(s); m != nil {
		return truce.Open, number(m[1]), "up-to", err
	}
	if m := aboutForm.FindStringSubmatch(s); m != nil {
		n := number(m[1])
		return (9*n + 9) / 10, 11 * n / 10, "about", err
	}
	if s != "" && strings.Trim(s, "0123456789") == "" {
		n := number(s)
		return n, n, "exact", err
	}
	return 0, 0, "", invalid(strconv.Quote(clip(s)) + " is not a figure: write 7, 10-12, 20+, about 20 or dozens")
}

const maxFigure = 10_000_000

// months are names of months in four languages, by their first letters.
var months = []struct {
	month time.Month
	names []string
}{
	{1, []string{"jan", "янв", "كانون الثاني", "يناير"}}, {2, []string{"feb", "fév", "fev", "фев", "شباط", "فبراير"}}, {3, []string{"mar", "мар", "آذار", "مارس"}},
	{4, []string{"apr", "avr", "апр", "نيسان", "أبريل", "ابريل"}}, {5, []string{"may", "mai", "мая", "май", "أيار", "مايو"}}, {6, []string{"jun", "juin", "июн", "حزيران", "يونيو"}},
	{7, []string{"jul", "juil", "июл", "تموز", "يوليو"}}, {8, []string{"aug", "aoû", "aou", "авг", "آب", "أغسطس"}}, {9, []string{"sep", "сен", "أيلول", "سبتمبر"}},
	{10, []string{"oct", "окт", "تشرين الأول", "أكتوبر"}}, {11, []string{"nov", "ноя", "تشرين الثاني", "نوفمبر"}}, {12, []string{"dec", "déc", "дек", "كانون الأول", "ديسمبر"}},
}

func monthNamed(s string) time.Month {
	s = strings.ToLower(strings.Trim(s, " .,"))
	for _, m := range months {
		for _, name := range m.names {
			if strings.HasPrefix(s, name) {
				return m.month
			}
		}
	}
	return 0
}

var (
	isoDate   = regexp.MustCompile(`^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})$`)
	plainDate = regexp.MustCompile(`^(\d{1,2})[-/. ](\d{1,2})[-/. ](\d{4})$`)
	shortYear = regexp.MustCompile(`^\d{1,2}[-/.]\d{1,2}[-/.]\d{2}$`)
	dayMonth  = regexp.MustCompile(`^(\d{1,2})\.? ?([^\d,]+?),? ?(\d{4})$`)
	monthDay  = regexp.MustCompile(`^([^\d]+?) ?(\d{1,2}),? (\d{4})$`)
	clockTime = regexp.MustCompile(`^(\d{1,2})[:.](\d{2})(?::\d{2})?$`)
)

// date reads a day as 2016-05-04. Where day and month can be either, order
// says which stands first: dmy or mdy; with neither it asks.
func date(s, order string) (string, error) {
	s = strings.TrimSpace(digits.Replace(s))
	y, m, d := "", "", ""
	switch {
	case isoDate.MatchString(s):
		f := isoDate.FindStringSubmatch(s)
		y, m, d = f[1], f[2], f[3]
	case plainDate.MatchString(s):
		f := plainDate.FindStringSubmatch(s)
		a, _ := strconv.Atoi(f[1])
		b, _ := strconv.Atoi(f[2])
		switch {
		case order == "" && a <= 12 && b <= 12 && a != b:
			return "", invalid(fmt.Sprintf("%q may be %s %d or %s %d: say whether day or month stands first (date_order dmy or mdy)", s, time.Month(b), a, time.Month(a), b))
		case order == "mdy" && a <= 12 || order == "" && b > 12:
			y, m, d = f[3], f[1], f[2]
		default:
			y, m, d = f[3], f[2], f[1]
		}
	case shortYear.MatchString(s):
		return "", invalid(strconv.Quote(s) + " has a year of two digits: write four")
	case dayMonth.MatchString(s):
		f := dayMonth.FindStringSubmatch(s)
		y, m, d = f[3], strconv.Itoa(int(monthNamed(f[2]))), f[1]
	case monthDay.MatchString(s):
		f := monthDay.FindStringSubmatch(s)
		y, m, d = f[3], strconv.Itoa(int(monthNamed(f[1]))), f[2]
	}
	t, err := time.Parse("2006-1-2", y+"-"+m+"-"+d)
	if err != nil {
		return "", invalid(strconv.Quote(clip(s)) + " is not a date: write 2016-05-04")
	}
	return t.Format(time.DateOnly), nil
}

// dayIn returns the whole day in a zone as a claimed time, or the minute if a
// clock time is given.
func dayIn(z truce.Zone, day, clock string) (truce.When, error) {
	if clock = strings.TrimSpace(digits.Replace(clock)); clock == "" {
		from, to, err := z.DayBounds(day)
		return truce.When{From: from, To: to, Precision: truce.ToDay}, err
	}
	m := clockTime.FindStringSubmatch(clock)
	if m == nil {
		return truce.When{}, invalid(strconv.Quote(clip(clock)) + " is not a time of day: write 21:37")
	}
	if len(m[1]) == 1 {
		m[1] = "0" + m[1]
	}
	local := day + "T" + m[1] + ":" + m[2]
	from, err := z.Instant(local)
	return truce.When{From: from, Precision: truce.ToMinute, Local: local, Zone: z.Name}, err
}

// slug makes an id of words: letters and digits, joined by hyphens.
func slug(s string) string {
	words := strings.FieldsFunc(strings.ToLower(s), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return strings.Join(words, "-")
}

func clip(s string) string {
	const maxShown = 60
	if len(s) > maxShown {
		return strings.ToValidUTF8(s[:maxShown], "") + "..."
	}
	return s
}

// whole reads a whole number that fits an int32.
func whole(s string) (int32, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(digits.Replace(s)), 10, 64)
	if err != nil || n > math.MaxInt32 || n < math.MinInt32 {
		return 0, invalid(strconv.Quote(clip(s)) + " is not a whole number")
	}
	return int32(n), nil
}

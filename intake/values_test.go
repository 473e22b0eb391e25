package intake

import (
	"strings"
	"testing"
)

func TestFiguresKeepTheirQualifier(t *testing.T) {
	for _, c := range []struct {
		in        string
		low, high int32
		qual      string
	}{
		{"7", 7, 7, "exact"}, {"1,200", 1200, 1200, "exact"}, {"1 200", 1200, 1200, "exact"}, {"١٢", 12, 12, "exact"}, {"10-12", 10, 12, "range"}, {"10 to 12", 10, 12, "range"},
		{"20+", 20, -1, "at-least"}, {"at least 7", 7, -1, "at-least"}, {"more than 7", 8, -1, "at-least"}, {"up to 7", -1, 7, "up-to"}, {"about 20", 18, 22, "about"},
		{"environ 20", 18, 22, "about"}, {"около 20", 18, 22, "about"}, {"حوالي ٢٠", 18, 22, "about"}, {"dozens", 24, 99, "hedge"}, {"0", 0, 0, "exact"},
	} {
		low, high, qual, err := figure(c.in)
		if err != nil || low != c.low || high != c.high || qual != c.qual {
			t.Errorf("%q: %d to %d %s, %v", c.in, low, high, qual, err)
		}
	}
	for _, bad := range []string{"", "many", "1.5", "-3", "99999999999", "7 or so"} {
		if _, _, _, err := figure(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestCoordinatesAreReadWithoutAFloat(t *testing.T) {
	for _, c := range []struct {
		in   string
		want int32
	}{
		{"36.20124", 362012400}, {"36,20124", 362012400}, {"-36.5", -365000000}, {"36°12'04.5\"N", 362012500}, {"S 36 30", -365000000}, {"37.16117 E", 371611700},
		{"٣٦٫٥", 365000000}, {"0.0000001", 1}, {"36.20124123456789", 362012412},
	} {
		if got, err := degrees(c.in, 90); err != nil || got != c.want {
			t.Errorf("%q: %d, %v", c.in, got, err)
		}
	}
	for _, bad := range []string{"", "x", "91", "36°61'", "1e2", "36.5.5", "36.5°12'", "999999999999"} {
		if got, err := degrees(bad, 90); err == nil {
			t.Errorf("%q was read as %d", bad, got)
		}
	}
}

func TestDatesAskWhereTheyAreAmbiguous(t *testing.T) {
	for _, c := range []struct{ in, order, want string }{
		{"2016-05-04", "", "2016-05-04"}, {"2016/5/4", "", "2016-05-04"}, {"28/04/2016", "", "2016-04-28"}, {"04/28/2016", "", "2016-04-28"}, {"05.05.2016", "", "2016-05-05"},
		{"04/05/2016", "dmy", "2016-05-04"}, {"04/05/2016", "mdy", "2016-04-05"}, {"4 May 2016", "", "2016-05-04"}, {"May 4, 2016", "", "2016-05-04"}, {"4 mai 2016", "", "2016-05-04"},
		{"4 мая 2016", "", "2016-05-04"}, {"٤ أيار ٢٠١٦", "", "2016-05-04"}, {"04 May 2016", "", "2016-05-04"},
	} {
		if got, err := date(c.in, c.order); err != nil || got != c.want {
			t.Errorf("%q %s: %s, %v", c.in, c.order, got, err)
		}
	}
	for in, want := range map[string]string{"04/05/2016": "date_order", "4/5/16": "write four", "2016-02-30": "is not a date", "soon": "is not a date", "": "is not a date"} {
		if _, err := date(in, ""); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func FuzzValues(f *testing.F) {
	f.Add("36°12'04\"N", "dmy")
	f.Add("10-12", "")
	f.Fuzz(func(t *testing.T, s, order string) {
		if v, err := degrees(s, 90); err == nil && (v > 900_000_000 || v < -900_000_000) {
			t.Errorf("%q is %d", s, v)
		}
		if low, high, _, err := figure(s); err == nil && (low < -1 || high < -1 || low > maxFigure+1) {
			t.Errorf("%q is %d to %d", s, low, high)
		}
		if d, err := date(s, order); err == nil && len(d) != 10 {
			t.Errorf("%q is %q", s, d)
		}
	})
}

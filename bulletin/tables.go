package bulletin

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/marchday/marchday/truce"
)

// degree is one degree in the units of a truce.Point.
const degree = 10_000_000

// decimal writes units of 1e-7 degree as degrees, without a float.
func decimal(e7 int32) string {
	n, sign := int64(e7), ""
	if n < 0 {
		n, sign = -n, "-"
	}
	frac := strconv.FormatInt(n%degree+degree, 10)[1:]
	frac = strings.TrimRight(frac, "0")
	if frac == "" {
		frac = "0"
	}
	return sign + strconv.FormatInt(n/degree, 10) + "." + frac
}

// cell keeps a spreadsheet from reading words as a formula.
func cell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

// label gives a name for the editions that are in no language: English, else
// the first, else the id.
func (n Named) label() string { return truce.NameIn(n.Name, "en", n.ID) }

func (c Count) cell() string {
	if c == Missing {
		return ""
	}
	return strconv.Itoa(int(c))
}

// writeCSV writes a header, the HXL row and the lines; every line ends with
// the origin, size and root that it was counted from.
func (d *Daily) writeCSV(columns [][2]string, lines [][]string) []byte {
	var head, tags []string
	for _, c := range append(columns, [2]string{"origin", "#meta+origin"}, [2]string{"size", "#meta+size"}, [2]string{"root", "#meta+root"}, [2]string{"mode", "#meta+mode"}, [2]string{"tlp", "#meta+tlp"}) {
		head, tags = append(head, c[0]), append(tags, c[1])
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	tail := []string{cell(d.Head.Origin), strconv.FormatInt(d.Head.Size, 10), d.Head.Root.String(), string(d.Head.Mode), string(d.Head.TLP)}
	rows := [][]string{head, tags}
	for _, l := range lines {
		rows = append(rows, append(l, tail...))
	}
	if err := w.WriteAll(rows); err != nil {
		panic("a buffer takes every write: " + err.Error())
	}
	return b.Bytes()
}

// tag makes an office's id an HXL attribute.
func tag(o truce.OfficeID) string {
	return "+v_" + strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, string(o))
}

// tableCSV is the core table, one line a row, without the sums. An empty cell
// is no zero: the column basis says why.
func (d *Daily) tableCSV() []byte {
	columns := [][2]string{{"day", "#date+counted"}, {"from", "#date+start"}, {"to", "#date+end"}, {"unit_code", "#adm1+code"}, {"unit_name", "#adm1+name"}, {"basis", "#meta+basis"}}
	for _, c := range d.Head.Chairs {
		columns = append(columns, [2]string{"claimed_by_" + c.ID, "#indicator+claims" + tag(truce.OfficeID(c.ID))})
	}
	for _, c := range []string{"claimed_by_others", "confirmed_by_all", "disputed", "rejected_by_all", "pending", "outside_the_regime", "incidents", "incidents_day_before"} {
		columns = append(columns, [2]string{c, "#indicator+" + c})
	}
	columns = append(columns, [2]string{"watch", "#meta+watch"}, [2]string{"watched_minutes", "#indicator+watched+minutes"}, [2]string{"posts", "#indicator+posts"})
	var lines [][]string
	for i := range d.Table.Rows {
		r := &d.Table.Rows[i]
		l := []string{d.Head.Day, d.Head.From.String(), d.Head.To.String(), cell(r.Unit.ID), cell(r.Unit.label()), r.Basis}
		for _, t := range r.Claimed {
			l = append(l, t.N.cell())
		}
		for _, n := range []Count{r.Others, r.Confirmed, r.Disputed, r.Rejected, r.Pending, r.Outside, r.Incidents, r.Before} {
			l = append(l, n.cell())
		}
		minutes, posts := "", ""
		if r.Watched.State == WatchKept {
			minutes, posts = strconv.Itoa(r.Watched.Minutes), strconv.Itoa(r.Watched.Posts)
		}
		lines = append(lines, append(l, r.Watched.State, minutes, posts))
	}
	return d.writeCSV(columns, lines)
}

// incidentsCSV lists the incidents of the period, one a line.
func (d *Daily) incidentsCSV() []byte {
	columns := [][2]string{
		{"incident", "#event+id"}, {"occurred_from", "#date+occurred+start"}, {"occurred_to", "#date+occurred+end"}, {"date_precision", "#meta+date_precision"},
		{"act", "#event+type"}, {"object", "#event+object"}, {"unit_code", "#adm1+code"}, {"unit_name", "#adm1+name"}, {"place_code", "#loc+code"}, {"place_name", "#loc+name"},
		{"lon", "#geo+lon"}, {"lat", "#geo+lat"}, {"radius_metres", "#geo+radius"}, {"status", "#status"}, {"independent_sources", "#meta+sources"},
		{"killed_low", "#affected+killed+min"}, {"killed_best", "#affected+killed+best"}, {"killed_high", "#affected+killed+max"}, {"killed_or_more", "#affected+killed+open"},
		{"readings_agree", "#meta+agree"}, {"case", "#meta+case"},
	}
	for _, c := range d.Head.Chairs {
		columns = append(columns, [2]string{"claimed_by_" + c.ID, "#org+counted" + tag(truce.OfficeID(c.ID))})
	}
	columns = append(columns, [2]string{"claimed_by_others", "#org+counted+others"}, [2]string{"marking", "#meta+marking"}, [2]string{"permalink", "#meta+url"})
	var lines [][]string
	for k := range d.Incidents {
		i := &d.Incidents[k]
		lon, lat, radius := "", "", ""
		if i.Point != nil {
			lon, lat, radius = decimal(i.Point.Lon), decimal(i.Point.Lat), strconv.Itoa(int(i.Radius))
		}
		low, best, high, more := "", "", "", ""
		if t, ok := i.killed(); ok {
			low, best, high, more = strconv.Itoa(int(t.Low)), t.Best.cell(), strconv.Itoa(int(t.High)), yesNo(t.More)
		}
		number := ""
		if i.Case != 0 {
			number = strconv.Itoa(i.Case)
		}
		l := []string{
			i.Name, i.From.String(), i.To.String(), string(i.Exact), i.Event, i.Object, cell(i.Unit.ID), cell(i.Unit.label()), cell(i.Place.ID), cell(i.Place.label()),
			lon, lat, radius, i.Status, strconv.Itoa(i.Sources), low, best, high, more, agreeWord(i), number,
		}
		for _, t := range i.Claimed {
			l = append(l, t.N.cell())
		}
		lines = append(lines, append(l, strconv.Itoa(i.Others), string(d.Head.Audience), i.path()))
	}
	return d.writeCSV(columns, lines)
}

func agreeWord(i *Incident) string {
	switch {
	case len(i.Acts) == 0:
		return ""
	}
	return yesNo(i.Agree)
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// path is an incident's address at the centre.
func (i *Incident) path() string { return "/incidents/" + i.Name }

// feature is one incident of the GeoJSON edition: flat, so that GDAL and QGIS
// make a column of each property.
type feature struct {
	Type       string     `json:"type"`
	Geometry   *geometry  `json:"geometry"`
	Properties properties `json:"properties"`
}

type geometry struct {
	Type        string        `json:"type"`
	Coordinates []json.Number `json:"coordinates"`
}

type properties struct {
	Incident string  `json:"incident"`
	From     string  `json:"occurred_from,omitempty"`
	To       string  `json:"occurred_to,omitempty"`
	Exact    string  `json:"date_precision,omitempty"`
	Act      string  `json:"act"`
	Object   string  `json:"object,omitempty"`
	UnitCode string  `json:"unit_code,omitempty"`
	Unit     string  `json:"unit_name,omitempty"`
	Code     string  `json:"place_code,omitempty"`
	Place    string  `json:"place_name,omitempty"`
	Radius   *int32  `json:"radius_metres,omitempty"`
	Status   string  `json:"status"`
	Sources  int     `json:"independent_sources"`
	Low      *int32  `json:"killed_low,omitempty"`
	Best     *Count  `json:"killed_best,omitempty"`
	High     *int32  `json:"killed_high,omitempty"`
	More     bool    `json:"killed_or_more,omitempty"`
	Agree    string  `json:"readings_agree,omitempty"`
	Case     int     `json:"case,omitempty"`
	Claims   int     `json:"claims"`
	Marking  string  `json:"marking"`
	Link     string  `json:"permalink"`
	Alleged  *string `json:"alleged,omitempty"` // ids, with a comma between
}

// geoJSON writes the incidents of the period; where only an area is known the
// geometry is null, never a middle of something.
func (d *Daily) geoJSON() []byte {
	all := make([]feature, 0, len(d.Incidents))
	for k := range d.Incidents {
		all = append(all, d.feature(&d.Incidents[k]))
	}
	h := d.Head
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(struct {
		Type     string        `json:"type"`
		Name     string        `json:"name"`
		Day      string        `json:"day"`
		Period   [2]string     `json:"period"`
		Audience truce.Marking `json:"audience"`
		TLP      truce.Label   `json:"tlp"`
		Mode     truce.Mode    `json:"mode"`
		Origin   string        `json:"origin"`
		Size     int64         `json:"size"`
		Root     truce.Digest  `json:"root"`
		Features []feature     `json:"features"`
	}{"FeatureCollection", "incidents " + h.Day, h.Day, [2]string{h.From.String(), h.To.String()}, h.Audience, h.TLP, h.Mode, h.Origin, h.Size, h.Root, all})
	if err != nil {
		panic("features are always JSON: " + err.Error())
	}
	return b.Bytes()
}

func (d *Daily) feature(i *Incident) feature {
	f := feature{Type: "Feature", Properties: properties{
		Incident: i.Name, From: i.From.String(), To: i.To.String(), Exact: string(i.Exact), Act: i.Event, Object: i.Object,
		UnitCode: i.Unit.ID, Unit: i.Unit.label(), Code: i.Place.ID, Place: i.Place.label(), Status: i.Status, Sources: i.Sources,
		Agree: agreeWord(i), Case: i.Case, Claims: i.Claims, Marking: string(d.Head.Audience), Link: i.path(),
	}}
	if i.Point != nil {
		f.Geometry = &geometry{"Point", []json.Number{json.Number(decimal(i.Point.Lon)), json.Number(decimal(i.Point.Lat))}}
		f.Properties.Radius = &i.Radius
	}
	if t, ok := i.killed(); ok {
		f.Properties.Low, f.Properties.High, f.Properties.More = &t.Low, &t.High, t.More
		if t.Best != Missing {
			f.Properties.Best = &t.Best
		}
	}
	if len(i.Alleged) > 0 {
		var ids []string
		for _, a := range i.Alleged {
			ids = append(ids, a.Actor.ID)
		}
		s := strings.Join(ids, ",")
		f.Properties.Alleged = &s
	}
	return f
}

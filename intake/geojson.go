package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"

	"github.com/marchday/marchday/truce"
)

// Held says how a file of polygons becomes claims of control.
type Held struct {
	ActorProperty string        // name of the property that says who held it
	TimeProperty  string        // name of the property with its day; empty takes From
	NameProperty  string        // name of the property with the area's name, if any
	ClaimedBy     string        // who claims it
	From          truce.Instant // since when, as of the file
	Zone          truce.Zone    // of local days in TimeProperty
	URL           string
}

type feature struct {
	Type       string         `json:"type"`
	Properties map[string]any `json:"properties"`
	Geometry   *struct {
		Type        string          `json:"type"`
		Coordinates json.RawMessage `json:"coordinates"`
	} `json:"geometry"`
}

// ControlGeoJSON reads a feature collection of polygons, WGS84 and longitude
// first, as claims of control, one a feature. Errors name the feature, counted
// from 1, and the features after it are read. A polygon with a hole is refused,
// since an area has none: cut it in two.
func ControlGeoJSON(r io.Reader, file string, h Held) iter.Seq2[truce.Control, error] {
	return func(yield func(truce.Control, error) bool) {
		dec := json.NewDecoder(&limited{r: r, left: MaxFile})
		if err := toFeatures(dec); err != nil {
			yield(truce.Control{}, at(file, 0, "features", err))
			return
		}
		for n := 1; dec.More(); n++ {
			var f feature
			field := "features." + strconv.Itoa(n)
			if err := dec.Decode(&f); err != nil {
				yield(truce.Control{}, at(file, 0, field, err))
				return
			}
			c, err := h.control(f)
			if err != nil {
				err = at(file, 0, field, err)
			}
			if !yield(c, err) {
				return
			}
		}
		if _, err := dec.Token(); err != nil {
			yield(truce.Control{}, at(file, 0, "features", fmt.Errorf("the file ends early: %w", err)))
		}
	}
}

// toFeatures reads up to the first feature of a collection.
func toFeatures(dec *json.Decoder) error {
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return invalid("this is no GeoJSON feature collection")
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		if name == "features" {
			if t, err := dec.Token(); err != nil || t != json.Delim('[') {
				return invalid("features is not a list")
			}
			return nil
		}
		var skipped json.RawMessage
		if err := dec.Decode(&skipped); err != nil {
			return err
		}
		if name == "crs" {
			return invalid("the file names a coordinate system: write WGS84, longitude first, without crs")
		}
	}
	return invalid("this is no GeoJSON feature collection: it has no features")
}

func (h Held) control(f feature) (truce.Control, error) {
	text := func(name string) string { s, _ := f.Properties[name].(string); return s }
	c := truce.Control{Actor: truce.ActorID(text(h.ActorProperty)), ClaimedBy: h.ClaimedBy, URL: h.URL, When: truce.When{From: h.From}}
	if c.Actor == "" {
		return c, property(h.ActorProperty, "says who held it, and is empty")
	}
	if h.TimeProperty != "" {
		day, err := date(text(h.TimeProperty), "")
		if err != nil {
			return c, property(h.TimeProperty, err.Error())
		}
		if c.When, err = dayIn(h.Zone, day, ""); err != nil {
			return c, property(h.TimeProperty, err.Error())
		}
		c.When.To = 0 // held since then
	}
	if f.Geometry == nil {
		return c, &truce.Error{Kind: truce.Invalid, Field: "geometry", Why: "a claim of control has a polygon"}
	}
	var polygons [][][][]json.Number
	var err error
	switch f.Geometry.Type {
	case "Polygon":
		polygons = make([][][][]json.Number, 1)
		err = json.Unmarshal(f.Geometry.Coordinates, &polygons[0])
	case "MultiPolygon":
		err = json.Unmarshal(f.Geometry.Coordinates, &polygons)
	default:
		return c, &truce.Error{Kind: truce.Invalid, Field: "geometry.type", Why: strconv.Quote(clip(f.Geometry.Type)) + ": a claim of control has a Polygon or a MultiPolygon"}
	}
	if err != nil {
		return c, &truce.Error{Kind: truce.Invalid, Field: "geometry.coordinates", Why: "not the coordinates of a " + f.Geometry.Type}
	}
	c.Area.Name = text(h.NameProperty)
	for i, p := range polygons {
		ring, err := outerRing(p)
		if err != nil {
			return c, &truce.Error{Kind: truce.Invalid, Field: "geometry.coordinates." + strconv.Itoa(i), Why: why(err)}
		}
		c.Area.Polygons = append(c.Area.Polygons, ring)
	}
	return c, c.Validate()
}

func property(name, why string) error {
	return &truce.Error{Kind: truce.Invalid, Field: "properties." + name, Why: why}
}

func why(err error) string {
	var e *truce.Error
	if errors.As(err, &e) {
		return e.Why
	}
	return err.Error()
}

// outerRing reads a polygon without holes; the last point, which repeats the
// first, is left out.
func outerRing(p [][][]json.Number) ([]truce.Point, error) {
	if len(p) != 1 {
		return nil, invalid(fmt.Sprintf("a polygon of %d rings: an area has no holes; cut it in two", len(p)))
	}
	var ring []truce.Point
	for _, pos := range p[0] {
		if len(pos) < 2 {
			return nil, invalid("a position has longitude and latitude")
		}
		lon, err := degrees(pos[0].String(), 180)
		if err != nil {
			return nil, err
		}
		lat, err := degrees(pos[1].String(), 90)
		if err != nil {
			return nil, err
		}
		ring = append(ring, truce.Point{Lon: lon, Lat: lat})
	}
	if n := len(ring); n > 1 && ring[0] == ring[n-1] {
		ring = ring[:n-1]
	}
	return ring, nil
}

// <marchday-map src base> wraps the server's drawing and takes its place when
// the interactive map stands; until then, and if anything fails, the drawing
// stays. The words come from the server in data- attributes.
import * as maplibregl from 'maplibre-gl';
import 'maplibre-gl/dist/maplibre-gl.css';
import type {ExpressionSpecification, StyleSpecification} from 'maplibre-gl';
import {colour, onScheme} from './colours.ts';
import {image, kinds, tokens} from './marks.ts';

maplibregl.setWorkerUrl('/assets/maplibre-gl-worker.js'); // same origin: no blob: in the policy

type Box = [number, number, number, number];
type Base = GeoJSON.FeatureCollection & {bbox: Box; clip?: Box};

// label picks the name in the page's language, else English.
export function label(lang: string): ExpressionSpecification {
  const name = (l: string): ExpressionSpecification => ['get', l, ['get', 'names']];
  return ['case', ['any', ['!', ['has', lang, ['get', 'names']]], ['==', name(lang), '']], name('en'), name(lang)];
}

function style(host: HTMLElement, base: Base, incidents: GeoJSON.FeatureCollection, lang: string): StyleSpecification {
  const c = (token: string) => colour(host, token);
  const font = ['Noto Sans'];
  const text = (size: number) => ({'text-field': label(lang), 'text-font': font, 'text-size': size});
  const halo = (ink: string) => ({'text-color': c(ink), 'text-halo-color': c('--land-own'), 'text-halo-width': 1.5});
  const kind = (k: string): ExpressionSpecification => ['==', ['get', 'kind'], k];
  const at = (k: string): ExpressionSpecification => ['all', kind(k), ['==', ['geometry-type'], 'Point']]; // a shape's own label would stand twice
  return {
    version: 8,
    sources: {
      base: {type: 'geojson', data: base},
      incidents: {type: 'geojson', data: incidents, cluster: true, clusterRadius: 30, clusterMaxZoom: 12},
    },
    layers: [
      {id: 'sea', type: 'background', paint: {'background-color': c('--sea')}},
      {id: 'land', type: 'fill', source: 'base', filter: kind('country'), paint: {'fill-color': c('--land')}},
      {id: 'own', type: 'fill', source: 'base', filter: ['all', kind('unit'), ['get', 'own']], paint: {'fill-color': c('--land-own')}},
      {id: 'units', type: 'line', source: 'base', filter: kind('unit'), minzoom: 5, paint: {'line-color': c('--border'), 'line-width': .75}},
      {id: 'borders', type: 'line', source: 'base', filter: kind('country'), paint: {'line-color': c('--edge'), 'line-width': 1.5}},
      {id: 'countries', type: 'symbol', source: 'base', filter: ['all', at('country'), ['!', ['get', 'own']]], layout: text(14), paint: halo('--soft')},
      {id: 'unit-names', type: 'symbol', source: 'base', filter: ['all', at('unit'), ['get', 'own']], layout: text(14), paint: halo('--ink')},
      {id: 'places', type: 'symbol', source: 'base', filter: at('place'), minzoom: 7.2,
        layout: {...text(12), 'text-offset': [0, -.8], 'symbol-sort-key': ['-', 0, ['get', 'population']]}, paint: halo('--soft')},
      {id: 'cluster', type: 'circle', source: 'incidents', filter: ['has', 'point_count'],
        paint: {'circle-color': c('--ink'), 'circle-radius': ['step', ['get', 'point_count'], 13, 10, 17, 100, 21], 'circle-stroke-width': 2, 'circle-stroke-color': c('--sheet')}},
      {id: 'count', type: 'symbol', source: 'incidents', filter: ['has', 'point_count'],
        layout: {'text-field': ['to-string', ['get', 'point_count']], 'text-font': font, 'text-size': 13, 'text-allow-overlap': true}, paint: {'text-color': c('--sheet')}},
      {id: 'incident', type: 'symbol', source: 'incidents', filter: ['!', ['has', 'point_count']],
        layout: {'icon-image': ['concat', 'mark-', ['coalesce', ['get', 'kind'], '']], 'icon-allow-overlap': true, 'icon-size': 1}},
    ],
  };
}

// asPoints adds the label's point of each country and unit, so that its name
// stands where the server writes it, and once.
function asPoints(base: Base): Base {
  const names: GeoJSON.Feature[] = [];
  const shapes = base.features.map(f => {
    const p = f.properties as {kind: string; label: [number, number]};
    if (p.kind === 'place') return f;
    names.push({type: 'Feature', properties: f.properties, geometry: {type: 'Point', coordinates: p.label}});
    return f;
  });
  return {...base, features: [...shapes, ...names]};
}

async function load<T>(address: string): Promise<T> {
  const r = await fetch(address, {headers: {Accept: 'application/geo+json, application/json'}});
  if (!r.ok) throw new Error(`${address}: ${r.status}`);
  return await r.json() as T;
}

class MarchdayMap extends HTMLElement {
  #map?: maplibregl.Map;
  #status = document.createElement('p');

  connectedCallback(): void {
    this.#status.className = 'status';
    this.#status.setAttribute('role', 'status');
    this.append(this.#status);
    this.#start().catch(fault => this.#fail(fault));
  }

  disconnectedCallback(): void { this.#map?.remove(); }

  #fail(fault: unknown): void {
    this.#status.textContent = this.dataset.failed ?? '';
    console.warn('map:', fault instanceof Error ? fault.message : fault);
    document.body.dataset.idle = 'failed';
  }

  async #start(): Promise<void> {
    const lang = this.lang || document.documentElement.lang;
    const [base, incidents] = await Promise.all([
      load<Base>(this.getAttribute('base') ?? ''), load<GeoJSON.FeatureCollection>(this.getAttribute('src') ?? ''), document.fonts.ready,
    ]);
    incidents.features = incidents.features.filter(f => f.geometry); // those without a point are in the table
    const shapes = asPoints(base);
    const live = document.createElement('div');
    live.className = 'live';
    live.dir = 'ltr';
    const drawing = this.querySelector<HTMLElement>('.pan');
    if (drawing) drawing.hidden = true;
    this.prepend(live);
    let map: maplibregl.Map;
    try {
      map = this.#map = new maplibregl.Map({
        container: live, style: style(this, shapes, incidents, lang), bounds: base.bbox, maxBounds: base.clip,
        fitBoundsOptions: {padding: 8}, maxZoom: 14, dragRotate: false, pitchWithRotate: false, touchPitch: false,
        cooperativeGestures: true, attributionControl: {compact: false, customAttribution: this.dataset.credit},
        locale: {
          'Map.Title': this.dataset.title ?? '', 'NavigationControl.ZoomIn': this.dataset.zoomIn ?? '', 'NavigationControl.ZoomOut': this.dataset.zoomOut ?? '',
          'CooperativeGesturesHandler.WindowsHelpText': this.dataset.scroll ?? '', 'CooperativeGesturesHandler.MacHelpText': this.dataset.scroll ?? '',
          'CooperativeGesturesHandler.MobileHelpText': this.dataset.pinch ?? '', 'Popup.Close': this.dataset.close ?? '',
        },
      });
    } catch (fault) { // no WebGL: the drawing comes back
      live.remove();
      if (drawing) drawing.hidden = false;
      throw fault;
    }
    map.touchZoomRotate.disableRotation();
    map.addControl(new maplibregl.NavigationControl({showCompass: false}), 'top-right');
    map.addControl(new maplibregl.ScaleControl({unit: 'metric'}), 'bottom-left');
    const images = () => kinds.forEach(k => {
      const made = image(k, colour(this, tokens[k]), colour(this, '--sheet'));
      if (map.hasImage('mark-' + k)) map.updateImage('mark-' + k, made);
      else map.addImage('mark-' + k, made, {pixelRatio: 2});
    });
    images();
    map.on('error', e => { this.#status.textContent = this.dataset.failed ?? ''; console.warn('map:', e.error?.message); });
    map.on('idle', () => { document.body.dataset.idle = '1'; });
    onScheme(() => { map.setStyle(style(this, shapes, incidents, lang)); map.once('styledata', images); });
    this.#follow(map);
  }

  // follow opens clusters and names incidents; the link leads to its page.
  #follow(map: maplibregl.Map): void {
    map.on('click', 'cluster', async e => {
      const f = e.features?.[0];
      const source = map.getSource<maplibregl.GeoJSONSource>('incidents');
      if (!f || !source || f.geometry.type !== 'Point') return;
      const zoom = await source.getClusterExpansionZoom(f.properties['cluster_id'] as number);
      map.easeTo({center: f.geometry.coordinates as [number, number], zoom: Math.min(zoom, 14)});
    });
    map.on('click', 'incident', e => {
      const f = e.features?.[0];
      if (!f || f.geometry.type !== 'Point') return;
      const link = document.createElement('a');
      link.href = String(f.properties['href'] ?? '#');
      link.textContent = String(f.properties['title'] ?? link.href);
      link.dir = 'auto';
      new maplibregl.Popup({maxWidth: '18rem'}).setLngLat(f.geometry.coordinates as [number, number]).setDOMContent(link).addTo(map);
    });
    for (const layer of ['cluster', 'incident']) {
      map.on('mouseenter', layer, () => { map.getCanvas().style.cursor = 'pointer'; });
      map.on('mouseleave', layer, () => { map.getCanvas().style.cursor = ''; });
    }
  }
}

customElements.define('marchday-map', MarchdayMap);

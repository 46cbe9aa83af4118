import { Component, type ComponentChild, type FunctionComponent, h } from 'preact';

/** A component that is drawn again only when one of its properties has another value. */
export function memo<P extends object>(draw: FunctionComponent<P>): FunctionComponent<P> {
  class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const names = Object.keys(next) as (keyof P)[]; // its own, as they are given
      return names.some((name) => name !== 'children' && next[name] !== this.props[name]);
    }
    override render(): ComponentChild {
      return h(draw as FunctionComponent<object>, this.props);
    }
  }
  return (props) => h(Memo as never, props as never); // `h` cannot infer the properties of a class that is generic
}

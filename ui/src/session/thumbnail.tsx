import { useEffect, useRef, useState } from 'preact/hooks';
import { useDashboard } from '../dashboard.js';
import type { Thumbnail } from './thumbnails.js';

/** How the page of a session looked last. */
export function useThumbnail(session: string): Thumbnail | undefined {
  const { thumbnails } = useDashboard();
  const [thumbnail, setThumbnail] = useState(thumbnails.find(session));
  useEffect(() => {
    setThumbnail(thumbnails.find(session));
    return thumbnails.subscribe(session, () => setThumbnail(thumbnails.find(session)));
  }, [thumbnails, session]);
  return thumbnail;
}

interface PictureProps {
  readonly session: string;
  readonly thumbnail: Thumbnail | undefined;
}

/** It is asked for while this is seen. The row says in words where its page is: to a reader of the screen it is nothing. */
export function ThumbnailPicture({ session, thumbnail }: PictureProps) {
  const { thumbnails } = useDashboard();
  const box = useRef<HTMLSpanElement>(null);
  useEffect(() => (box.current ? thumbnails.observe(box.current, session) : undefined), [thumbnails, session]);
  return (
    <span class="thumbnail" ref={box}>
      {thumbnail ? <img src={thumbnail.src} alt="" decoding="async" /> : null}
    </span>
  );
}

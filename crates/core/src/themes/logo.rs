//! Logos: images that administrators send in and everybody's browser shows. What is one, its content says (threat T37).

use data_encoding::HEXLOWER;
use imagesize::ImageType as Format;
use roster_model::{Field, Image, ImageType, LogoId, Reason, Theme, ThemeId, ThemeLogo};
use roster_store::Tx;
use serde_json::json;

use super::{get_authorized_theme, remove_unused};
use crate::{Actor, Core, Error, Kind, Result, audit::Entry, authz::Operation, random::RandomExt};

/// The largest image, in bytes.
const MAX_BYTES: usize = 512 * 1024;
/// The widest and the highest image, in pixels: a few bytes can claim to be more than a browser has memory for.
const MAX_SIDE: usize = 4096;
/// Random bytes in a name.
const NAME_BYTES: usize = 16;

impl Core {
    /// Gives a theme this image as its logo, in place of the one that it has.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` from all but administrators, and from an organization's where others have the theme, too;
    /// `Invalid` for what is no image of the four kinds, or a larger one than fits.
    pub async fn set_theme_logo(&self, actor: &Actor, id: ThemeId, bytes: &[u8]) -> Result<Theme> {
        self.authorize_theme(actor, id).await?;
        let name = HEXLOWER.encode(&self.random().array::<NAME_BYTES>());
        let logo = read_image(bytes, name)?;
        let now = self.now();
        self.store()
            .write(async |tx: &mut Tx| {
                let before = get_authorized_theme(tx, actor, id).await?;
                let logo =
                    ThemeLogo { id: tx.insert_logo(&logo, bytes, now).await?, ..logo.clone() };
                let theme = Theme {
                    logo: Some(logo),
                    updated_at: now,
                    updated_by: actor.user_id(),
                    ..before.clone()
                };
                tx.update_theme(&theme).await?;
                remove_unused(tx, before.logo.as_ref()).await?;
                Entry::done_to_nobody("theme.updated")
                    .about(format!("theme:{id}"))
                    .with(json!({ "fields": ["logo"] }))
                    .write(tx, actor, now)
                    .await?;
                Ok(theme)
            })
            .await
    }

    /// The image of this name, for whoever knows it: a browser shows it without a credential, before anybody has signed in.
    /// The name cannot be guessed, so nobody learns of the themes of others.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn get_logo_image(&self, actor: &Actor, name: &str) -> Result<Image> {
        self.authorize(actor, Operation::ReadLogo).await?;
        let absent = || Error::NotFound(Kind::Logo);
        // No image has another name, and PostgreSQL does not take all texts even in a question.
        if HEXLOWER.decode(name.as_bytes()).map(|bytes| bytes.len()) != Ok(NAME_BYTES) {
            return Err(absent());
        }
        let found =
            self.store().point_read(async |tx: &mut Tx| tx.find_logo_image(name).await).await?;
        found.ok_or_else(absent)
    }
}

/// What an image is by its content, whatever it is said to be.
fn read_image(bytes: &[u8], name: String) -> Result<ThemeLogo> {
    let refuse = |reason| Err(Error::invalid(Field::Logo, reason));
    let sentence = |text: String| refuse(Reason::Other(text));
    if bytes.len() > MAX_BYTES {
        return sentence(format!("must not be larger than {} KiB", MAX_BYTES / 1024));
    }
    let media_type = match imagesize::image_type(bytes) {
        Ok(Format::Png) => ImageType::Png,
        Ok(Format::Jpeg) => ImageType::Jpeg,
        Ok(Format::Gif) => ImageType::Gif,
        Ok(Format::Webp) => ImageType::Webp,
        _ => return sentence("must be an image: PNG, JPEG, GIF or WebP".to_owned()),
    };
    let Ok(size) = imagesize::blob_size(bytes) else {
        return sentence("is an image that ends too early or is damaged".to_owned());
    };
    if ![size.width, size.height].iter().all(|side| (1..=MAX_SIDE).contains(side)) {
        return sentence(format!("must be 1 to {MAX_SIDE} pixels wide and high"));
    }
    let number = |size| i64::try_from(size).unwrap_or(i64::MAX);
    Ok(ThemeLogo {
        id: LogoId(0),
        name,
        media_type,
        size: number(bytes.len()),
        width: number(size.width),
        height: number(size.height),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The smallest beginnings of images that say how large they are.
    fn png(width: u32, height: u32) -> Vec<u8> {
        let size = [width.to_be_bytes(), height.to_be_bytes()].concat();
        [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], &size, &[8, 6, 0, 0, 0]].concat()
    }

    fn gif(width: u16, height: u16) -> Vec<u8> {
        let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
        [&b"GIF89a"[..], &size, b"\0\0\0;"].concat()
    }

    fn jpeg(width: u16, height: u16) -> Vec<u8> {
        let size = [height.to_be_bytes(), width.to_be_bytes()].concat();
        [&b"\xff\xd8\xff\xe0\0\x04ab\xff\xc0\0\x0b\x08"[..], &size, &[1, 1, 0x11, 0]].concat()
    }

    fn webp(width: u16, height: u16) -> Vec<u8> {
        let size = [width.to_le_bytes(), height.to_le_bytes()].concat();
        [&b"RIFF\x1a\0\0\0WEBPVP8 \x0e\0\0\0\0\0\0\x9d\x01\x2a"[..], &size, &[0; 4]].concat()
    }

    fn read(bytes: &[u8]) -> Result<ThemeLogo, String> {
        read_image(bytes, "name".to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn t37_an_image_is_what_it_begins_like() {
        for (bytes, media_type) in [
            (png(30, 20), ImageType::Png),
            (gif(30, 20), ImageType::Gif),
            (jpeg(30, 20), ImageType::Jpeg),
            (webp(30, 20), ImageType::Webp),
        ] {
            let logo = read(&bytes).unwrap();
            assert_eq!((logo.media_type, logo.width, logo.height), (media_type, 30, 20));
            assert_eq!(logo.size, bytes.len() as i64);
        }
    }

    #[test]
    fn t37_what_could_be_a_page_a_script_or_a_drawing_is_no_image() {
        for bytes in [
            &b""[..],
            b"GIF",
            b"<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><script>alert(1)</script></svg>",
            b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>",
            b"<!doctype html><script>alert(1)</script>",
            b"\xef\xbb\xbf<svg/>      ",
            b"%PDF-1.7 something",
            b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0",
            b"II*\0\x08\0\0\0\0\0\0\0\0\0",
            b"\0\0\x01\0\x01\0\x10\x10\0\0\0\0\0\0",
            b"alert(1);//GIF89a",
            b" \x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01",
        ] {
            let says = read(bytes).unwrap_err();
            assert_eq!(says, "logo must be an image: PNG, JPEG, GIF or WebP", "{bytes:?}");
        }
    }

    #[test]
    fn t45_an_image_is_small_in_bytes_and_in_pixels() {
        let mut largest = gif(4096, 4096);
        largest.resize(MAX_BYTES, 0);
        assert!(read(&largest).is_ok());
        largest.push(0);
        assert_eq!(read(&largest).unwrap_err(), "logo must not be larger than 512 KiB");
        for bytes in [png(4097, 1), png(1, u32::MAX), png(0, 1), gif(65535, 1), jpeg(0, 1)] {
            let says = read(&bytes).unwrap_err();
            assert_eq!(says, "logo must be 1 to 4096 pixels wide and high");
        }
    }

    #[test]
    fn t46_a_damaged_image_is_refused() {
        for whole in [png(1, 1), gif(1, 1), jpeg(1, 1), webp(1, 1)] {
            for end in 0..whole.len() {
                let _ = read(&whole[..end]);
                for hostile in [0, 1, 0x7f, 0xff] {
                    let mut bytes = whole.clone();
                    bytes[end] = hostile;
                    let _ = read(&bytes);
                }
            }
            assert!(read(&whole[..11]).is_err());
        }
    }

    proptest! {
        #[test]
        fn t46_any_bytes_are_read_or_refused(
            start in proptest::sample::select(vec![png(1, 1), gif(1, 1), jpeg(1, 1), webp(1, 1), Vec::new()]),
            kept in 0_usize..24,
            rest: Vec<u8>,
        ) {
            let bytes = [&start[..kept.min(start.len())], &rest].concat();
            if let Ok(logo) = read(&bytes) {
                prop_assert!((1..=4096).contains(&logo.width) && (1..=4096).contains(&logo.height));
            }
        }
    }
}

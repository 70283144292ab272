//! Typed ports: a constant each, used in [`Task::plugin`](crate::Task::plugin) and in `run`.

use crate::bindings::dagwood::task::types;
use std::marker::PhantomData;

/// Exactly one file or folder.
#[derive(Debug, Clone, Copy)]
pub struct One;
/// None or one.
#[derive(Debug, Clone, Copy)]
pub struct Optional;
/// Any number, one for each instance of a mapped task.
#[derive(Debug, Clone, Copy)]
pub struct Many;

/// A file or folder that a task reads. `C` is [`One`], [`Optional`] or [`Many`], and decides how an
/// [`Invocation`](crate::Invocation) hands it out.
#[derive(Debug, Clone, Copy)]
pub struct Input<C> {
    port: Port,
    cardinality: PhantomData<C>,
}

/// A file or folder that a task writes. `C` is [`One`] (not writing it is a failure) or [`Optional`].
#[derive(Debug, Clone, Copy)]
pub struct Output<C> {
    port: Port,
    cardinality: PhantomData<C>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Port {
    name: &'static str,
    about: &'static str,
    media_type: Option<&'static str>,
    cardinality: types::Cardinality,
}

impl Port {
    const fn new(name: &'static str, cardinality: types::Cardinality) -> Self {
        Self { name, about: "", media_type: None, cardinality }
    }

    pub(crate) fn describe(self) -> types::Port {
        types::Port {
            name: self.name.to_owned(),
            description: self.about.to_owned(),
            media_type: self.media_type.map(str::to_owned),
            cardinality: self.cardinality,
        }
    }
}

impl Input<One> {
    /// An input that must be wired. Names are lower-case words joined by `-` or `_`.
    pub const fn one(name: &'static str) -> Self {
        Self { port: Port::new(name, types::Cardinality::One), cardinality: PhantomData }
    }
}

impl Input<Optional> {
    /// An input that may be absent.
    pub const fn optional(name: &'static str) -> Self {
        Self { port: Port::new(name, types::Cardinality::Optional), cardinality: PhantomData }
    }
}

impl Input<Many> {
    /// An input that takes what every instance of a mapped task published.
    pub const fn many(name: &'static str) -> Self {
        Self { port: Port::new(name, types::Cardinality::Many), cardinality: PhantomData }
    }
}

impl Output<One> {
    /// An output that every try which is done must write.
    pub const fn one(name: &'static str) -> Self {
        Self { port: Port::new(name, types::Cardinality::One), cardinality: PhantomData }
    }
}

impl Output<Optional> {
    /// An output that a try may leave out.
    pub const fn optional(name: &'static str) -> Self {
        Self { port: Port::new(name, types::Cardinality::Optional), cardinality: PhantomData }
    }
}

impl<C> Input<C> {
    /// A sentence for people.
    pub const fn about(mut self, about: &'static str) -> Self {
        self.port.about = about;
        self
    }

    /// What kind of file it is, such as `text/csv`.
    pub const fn media_type(mut self, media_type: &'static str) -> Self {
        self.port.media_type = Some(media_type);
        self
    }

    /// The port's name.
    pub const fn name(&self) -> &'static str {
        self.port.name
    }

    pub(crate) const fn port(self) -> Port {
        self.port
    }
}

impl<C> Output<C> {
    /// A sentence for people.
    pub const fn about(mut self, about: &'static str) -> Self {
        self.port.about = about;
        self
    }

    /// What kind of file it is, such as `image/svg+xml`.
    pub const fn media_type(mut self, media_type: &'static str) -> Self {
        self.port.media_type = Some(media_type);
        self
    }

    /// The port's name.
    pub const fn name(&self) -> &'static str {
        self.port.name
    }

    pub(crate) const fn port(self) -> Port {
        self.port
    }
}

/// Anything that names a port: a port constant, or its name as a string.
pub trait PortName {
    /// The name, such as `data`.
    fn port_name(&self) -> &str;
}

impl<C> PortName for Input<C> {
    fn port_name(&self) -> &str {
        self.port.name
    }
}

impl<C> PortName for Output<C> {
    fn port_name(&self) -> &str {
        self.port.name
    }
}

impl PortName for str {
    fn port_name(&self) -> &str {
        self
    }
}

impl<P: PortName + ?Sized> PortName for &P {
    fn port_name(&self) -> &str {
        (**self).port_name()
    }
}
